/** The resources of the real stacks, as the policies see them. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { evaluateAll, type Finding, stackView } from "../../policies/lib/evaluate";
import type { Properties, Resource, Rule, StackView } from "../../policies/lib/rule";
import { throwingUnknowns } from "../../policies/lib/unknown";
import { ownSettings } from "../../settings/stack-file";
import { loadExeca } from "../../toolchain/run";
import type { ProgramRequest, ProgramRun } from "./program-runs";

const ROOT = resolve(__dirname, "..", "..");
/** The day of every evaluation: the dates of the stack files lie before it, and less than 80 days. */
export const TODAY = new Date("2026-11-25T12:00:00Z");

/** A resource whose inputs a test may change. */
export interface EditableResource {
  type: string;
  name: string;
  urn: string;
  /** URN of its explicit provider; empty or absent: the default one. */
  providerUrn?: string;
  ignoreChanges?: readonly string[];
  // Mutations look deep into inputs of a hundred types.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  inputs: any;
}

/** A stack's settings, to be edited. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type EditableSettings = Record<string, any>;

const settingsTexts = new Map<string, string>();

/** The settings in a stack's file, by top-level key; the caller's to change. */
export function stackSettings(stack: string): EditableSettings {
  let text = settingsTexts.get(stack);
  if (text === undefined) {
    text = JSON.stringify(ownSettings(readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8"), "maestroverse-ops"));
    settingsTexts.set(stack, text);
  }
  return JSON.parse(text) as EditableSettings;
}

/** Runs the program, once for each request, in one process. */
export async function runPrograms(requests: readonly ProgramRequest[]): Promise<ProgramRun[]> {
  const { execa } = await loadExeca();
  const program = join(ROOT, "tests", "helpers", "program-runs.ts");
  const { stdout } = await execa(process.execPath, ["--import", require.resolve("tsx"), program], {
    cwd: ROOT,
    input: JSON.stringify(requests),
    maxBuffer: 512e6,
  });
  return JSON.parse(stdout) as ProgramRun[];
}

/** Resources as the policies see them, and those that rules about one resource have to look at. */
export interface Look {
  readonly view: StackView;
  readonly changed: readonly Resource[];
}

/**
 * Resources as the policies see them; reading a value that a preview does not know throws, as in the analyzer.
 *
 * @param passed resources, as JSON, in which rules about one resource are known to find nothing: they are not looked at again
 * @param shared resources as they were seen before, by their JSON: what several looks have in common is there once
 */
export function lookAt(
  resources: readonly EditableResource[],
  passed: ReadonlySet<string> = new Set(),
  shared = new Map<string, Resource>(),
): Look {
  const texts = new Map(resources.map((resource) => [resource, JSON.stringify(resource)]));
  const byUrn = new Map(resources.map((each) => [each.urn, each]));
  const seen = ({ type, name, urn, ignoreChanges = [], inputs }: EditableResource): Resource => ({
    type,
    name,
    urn,
    ignoreChanges,
    properties: throwingUnknowns(inputs as Properties),
  });
  const all = resources.map((resource) => {
    const provider = byUrn.get(resource.providerUrn ?? "");
    const own = [resource, ...(provider === undefined ? [] : [provider])].map((each) => texts.get(each) ?? "");
    const key = own.join("\n");
    const same = shared.get(key) ?? { ...seen(resource), ...(provider === undefined ? {} : { provider: seen(provider) }) };
    shared.set(key, same);
    return { changed: own.some((text) => !passed.has(text)), resource: same };
  });
  return {
    view: stackView(all.map(({ resource }) => resource)),
    changed: all.flatMap(({ changed, resource }) => (changed ? [resource] : [])),
  };
}

/** What rules find in resources. @see lookAt */
export function findingsIn(
  rules: readonly Rule[],
  resources: readonly EditableResource[],
  now: Date = TODAY,
  passed?: ReadonlySet<string>,
): Finding[] {
  const { view, changed } = lookAt(resources, passed);
  return evaluateAll(rules, view, { now }, changed);
}
