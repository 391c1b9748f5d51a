/** What a deployed stack says of itself. */
import type * as pulumi from "@pulumi/pulumi";
import type { program } from "../program";

/** Outputs of a stack, as they are once it is deployed. @see program.ts */
export type StackOutputs = pulumi.Unwrap<ReturnType<typeof program>>;

/** Outputs as the engine has them. @throws Error when one is missing: the stack was never deployed, or by an older program */
export function readOutputs(stack: string, outputs: Readonly<Record<string, { readonly value: unknown }>>): StackOutputs {
  const wanted = ["endpoints", "names", "generations", "backupLocations", "monitoring"] as const;
  const missing = wanted.filter((name) => outputs[name] === undefined);
  if (missing.length > 0)
    throw new Error(
      `${stack}: the stack has no output ${missing.join(", ")}. Deploy it with this version of the program: pulumi up --stack ${stack}`,
    );
  return Object.fromEntries(wanted.map((name) => [name, outputs[name]?.value])) as unknown as StackOutputs;
}
