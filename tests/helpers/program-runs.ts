/**
 * Runs this program under the mock monitor, once for each request of a JSON list on standard input, and prints what it registered: secrets as
 * the providers and the policies see them. In a process of its own: the program is module-level code. @see policy-stack.ts
 */
import { text } from "node:stream/consumers";
import * as pulumi from "@pulumi/pulumi";
import { program } from "../../program";
import { reveal, startMocks } from "./mocks";

// The SDK takes a stack trace for each promise that it makes: half of a run.
Error.stackTraceLimit = 0;

/** A run. */
export interface ProgramRequest {
  readonly stack: string;
  /** Whether values that only a deployment brings are unknown. */
  readonly preview: boolean;
  /** The stack's settings, by top-level key. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What a run came to. */
export interface ProgramRun {
  /** Why the program refused its settings; then there are no resources. */
  readonly refused?: string;
  readonly resources: readonly {
    readonly type: string;
    readonly name: string;
    readonly urn: string;
    /** URN of its explicit provider; empty: the default one. */
    readonly providerUrn: string;
    readonly ignoreChanges: readonly string[];
    readonly inputs: unknown;
  }[];
}

async function run({ stack, preview, settings }: ProgramRequest): Promise<ProgramRun> {
  const texts = Object.entries(settings).map(([key, value]) => [
    `maestroverse-ops:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const mocks = await startMocks({ stack, preview, first: preview });
  pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>);
  try {
    await mocks.run(() => void program());
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error), resources: [] };
  }
  return {
    resources: mocks.resources.map(({ type, name, urn, provider, options, inputs }) => ({
      type,
      name,
      urn,
      providerUrn: provider.slice(0, Math.max(0, provider.lastIndexOf("::"))),
      ignoreChanges: options.ignoreChanges,
      inputs: reveal(inputs),
    })),
  };
}

async function main(): Promise<void> {
  const requests = JSON.parse(await text(process.stdin)) as ProgramRequest[];
  const runs: ProgramRun[] = [];
  for (const request of requests) runs.push(await run(request));
  process.stdout.write(JSON.stringify(runs));
}

// A deployment needs them; nothing here is one.
for (const name of ["MAESTROVERSE_DATABASE_ADMIN_PASSWORD", "DD_API_KEY", "DD_APP_KEY"]) process.env[name] = "for-a-test-only";
void main();
