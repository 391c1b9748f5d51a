/** The process's environment, for everything outside the program itself. */
import { delimiter } from "node:path";

/** The Pulumi backend that the operator configured (`PULUMI_BACKEND_URL`), if any. */
export function configuredBackend(): string | undefined {
  const url = process.env["PULUMI_BACKEND_URL"];
  return url === undefined || url === "" ? undefined : url;
}

/** The search path with further folders behind it: what the machine has wins over what is added. */
export function searchPath(...directories: readonly string[]): string {
  return [process.env["PATH"], ...directories].filter((entry) => entry !== undefined && entry !== "").join(delimiter);
}

/**
 * Runs `action` with variables set in this process's environment, and restores it afterwards. An inline program reads them as a program
 * of its own process would.
 */
export async function withEnvironment<T>(variables: Readonly<Record<string, string>>, action: () => Promise<T>): Promise<T> {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  Object.assign(process.env, variables);
  try {
    return await action();
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
