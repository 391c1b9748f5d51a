/** Changes generations in a stack's settings file, and not a character beside them: a rotation is a commit that people read. */
import { readFile, stat } from "node:fs/promises";
import { isMap, isScalar, parseDocument, type YAMLMap } from "yaml";
import { parseSettings, type Settings } from "../../config";
import { ownSettings } from "../../settings/stack-file";
import { writeAtomically } from "../../toolchain/cache";
import { PROJECT } from "../engine";
import type { RoleKey } from "../../components/lib/privileges";
import type { Edits, SecretSetting } from "./generations";

/** Reads it anew. @throws SettingsError */
export async function readSettings(stack: string, file: string, now: Date): Promise<Settings> {
  return settingsOf(stack, await readFile(file, "utf8"), now);
}

/**
 * Writes new generations, unless the settings would not be valid with them.
 *
 * @throws SettingsError, and the file is as it was
 */
export async function writeGenerations(stack: string, file: string, edits: Edits, now: Date): Promise<void> {
  await rewrite(stack, file, (text) => editGenerations(text, edits), now);
}

/** The same for a database role's password. */
export async function writeRole(stack: string, file: string, key: RoleKey, setting: SecretSetting, now: Date): Promise<void> {
  await rewrite(stack, file, (text) => editOne(text, ["database", "roles", key], setting), now);
}

async function rewrite(stack: string, file: string, edit: (text: string) => string, now: Date): Promise<void> {
  const text = edit(await readFile(file, "utf8"));
  settingsOf(stack, text, now);
  // In one piece: whoever is killed here leaves the old file or the new one.
  await writeAtomically(file, text, (await stat(file)).mode & 0o777);
}

function settingsOf(stack: string, text: string, now: Date): Settings {
  const own = Object.entries(ownSettings(text, PROJECT)).filter(([, value]) => !isEncrypted(value));
  return parseSettings(stack, Object.fromEntries(own), now);
}

const isEncrypted = (value: unknown) => typeof value === "object" && value !== null && "secure" in value;

/** A settings file's text with other generations. @throws Error when it is not where it should be */
export function editGenerations(text: string, edits: Edits): string {
  return Object.entries(edits).reduce((before, [name, setting]) => editOne(before, ["secrets", "generations", name], setting), text);
}

function editOne(text: string, path: readonly [section: string, ...string[]], setting: SecretSetting): string {
  const [section, ...rest] = path;
  const map = parseDocument(text).getIn(["config", `${PROJECT}:${section}`, ...rest], true);
  if (!isMap(map) || map.range == null) throw new Error(`${path.join(".")} is not in the settings file as a mapping.`);
  return map.flow === true ? splice(text, map.range[0], map.range[1], flow(setting)) : editBlock(text, map, setting);
}

/** As the stack files write it: `{ generation: 2, rotatedOn: "2026-11-25", overlap: true }`. */
function flow(setting: SecretSetting): string {
  return `{ ${pairs(setting)
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ")} }`;
}

function pairs({ generation, rotatedOn, overlap, previousRotatedOn }: SecretSetting): [string, string][] {
  return [
    ["generation", String(generation)],
    ["rotatedOn", JSON.stringify(rotatedOn)],
    ["overlap", String(overlap)],
    ...(previousRotatedOn === undefined ? [] : [["previousRotatedOn", JSON.stringify(previousRotatedOn)] as [string, string]]),
  ];
}

/** A mapping of lines keeps its comments: each value is changed where it stands. */
function editBlock(text: string, map: YAMLMap, setting: SecretSetting): string {
  const wanted = new Map(pairs(setting));
  const column = (map.range?.[0] ?? 0) - (text.lastIndexOf("\n", map.range?.[0]) + 1);
  const lineOf = (at: number) => [text.lastIndexOf("\n", at - 1) + 1, text.indexOf("\n", at) + 1 || text.length] as const;
  const changes: { from: number; to: number; by: string }[] = [];
  let last = 0;
  for (const { key, value } of map.items) {
    if (!isScalar(key) || !isScalar(value) || key.range == null || value.range == null) continue;
    const by = wanted.get(String(key.value));
    wanted.delete(String(key.value));
    last = Math.max(last, value.range[1]);
    if (by === undefined) {
      const [from, to] = lineOf(key.range[0]);
      changes.push({ from, to, by: "" });
    } else changes.push({ from: value.range[0], to: value.range[1], by });
  }
  for (const [key, value] of wanted) {
    const [, to] = lineOf(last);
    changes.push({ from: to, to, by: `${" ".repeat(column)}${key}: ${value}\n` });
  }
  return changes.sort((a, b) => b.from - a.from).reduce((before, { from, to, by }) => splice(before, from, to, by), text);
}

function splice(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to);
}
