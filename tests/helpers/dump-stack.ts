/**
 * Runs this program with a stack's own settings under the mock monitor and prints every resource as it was registered: sorted, as JSON,
 * secrets as `[secret]`. In a process of its own, since the program is module-level code. Usage: tsx dump-stack.ts <stack>
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { AUTHORITY_FOLDER } from "../../components/lib/authority-file";
import { isSecret, type RecordedResource, startMocks } from "./mocks";

// The SDK takes a stack trace for each promise that it makes: half of a run.
Error.stackTraceLimit = 0;

const ROOT = resolve(__dirname, "..", "..");

/** A resource of the dump. */
export interface DumpedResource {
  readonly type: string;
  readonly name: string;
  readonly parent: string | undefined;
  readonly inputs: unknown;
  readonly dependsOn: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Any depth: secrets blotted out, keys sorted. */
function plain(value: unknown): unknown {
  if (isSecret(value)) return "[secret]";
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, item]) => [key, plain(item)]));
}

function dumped({ type, name, parent, inputs, dependsOn, options }: RecordedResource): DumpedResource {
  const given = Object.entries(options).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value));
  return { type, name, parent, inputs: plain(inputs), dependsOn, options: Object.fromEntries(given) };
}

async function main(stack: string): Promise<void> {
  const file = parse(readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8")) as { config: Record<string, unknown> };
  const texts = Object.entries(file.config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
  const mocks = await startMocks({ stack, preview: true });
  pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>);
  await mocks.run(() => import("../../index.js"));
  const key = ({ type, name }: DumpedResource) => `${type} ${name}`;
  const resources = mocks.resources.map(dumped).sort((a, b) => (key(a) < key(b) ? -1 : 1));
  // Where this user's home is says nothing about the program.
  process.stdout.write(`${JSON.stringify(resources, undefined, 2).replaceAll(AUTHORITY_FOLDER, "~")}\n`);
}

void main(process.argv[2] ?? "");
