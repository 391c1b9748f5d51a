/** The process's environment, for everything outside the program itself. */
import { readFile } from "node:fs/promises";
import { homedir, hostname, userInfo } from "node:os";
import { delimiter, join } from "node:path";

/**
 * The Pulumi backend that the operator configured, if any: `PULUMI_BACKEND_URL`, the project's own, or the one of `pulumi login`, as the CLI
 * takes them.
 *
 * @param project `backend.url` of Pulumi.yaml
 */
export async function configuredBackend(project?: string): Promise<string | undefined> {
  const [url] = [process.env["PULUMI_BACKEND_URL"], project].filter((each) => each !== undefined && each !== "");
  return url ?? (await loggedIn());
}

/** The backend of `pulumi login`. */
async function loggedIn(): Promise<string | undefined> {
  const folder = [process.env["PULUMI_CREDENTIALS_PATH"], pulumiHome()].find((each) => each !== undefined && each !== "") as string;
  const text = await readFile(join(folder, "credentials.json"), "utf8").catch(() => "{}");
  const { current } = JSON.parse(text) as { current?: string };
  return current === "" ? undefined : current;
}

/** The passphrase of the operator's stacks, if any; it may be empty. */
export async function operatorsPassphrase(): Promise<string | undefined> {
  const file = process.env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  return process.env["PULUMI_CONFIG_PASSPHRASE"] ?? (file === undefined || file === "" ? undefined : (await readFile(file, "utf8")).trim());
}

/** A variable that the operator names; undefined: there is none, or it is empty. */
export function namedVariable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

/** Who is at work, for a record: `octocat on runner-7`. */
export function whoIsAtWork(): string {
  return `${process.env["GITHUB_ACTOR"] ?? userInfo().username} on ${hostname()}`;
}

/** Pulumi's own folder. */
export function pulumiHome(): string {
  const home = process.env["PULUMI_HOME"];
  return home === undefined || home === "" ? join(homedir(), ".pulumi") : home;
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
