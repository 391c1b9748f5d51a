/** Changes settings in a stack file's text where they stand: keys, order and comments stay. */
import {
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { PROJECT } from "../engine";

/** Columns that prettier breaks lines at. */
const COLUMNS = 140;

/**
 * A settings file's text with other values.
 *
 * @param edits new values by path: `{"hosts.api": "api.example.org"}`
 * @throws Error when the file has no such setting
 */
export function editSettings(text: string, edits: Readonly<Record<string, unknown>>): string {
  return Object.entries(edits).reduce((before, [path, value]) => editOne(before, path, value), text);
}

function editOne(text: string, path: string, value: unknown): string {
  const [top, ...inner] = path.split(".");
  const node = parseDocument(text).getIn(["config", `${PROJECT}:${top}`, ...inner], true);
  if (!isNode(node) || node.range == null) throw new Error(`${path} is not in the settings file.`);
  const [start] = node.range;
  const column = start - (text.lastIndexOf("\n", start - 1) + 1);
  const end = isCollection(node) && node.flow !== true ? endOf(node, node.range[1]) : node.range[1];
  const written = textOf(value, node, column, indentOf(text, start));
  return (written.startsWith("\n") ? text.slice(0, start).trimEnd() : text.slice(0, start)) + written + text.slice(end);
}

/** Where the last line of a list or section ends: what follows may be comments of the next setting. */
function endOf(node: YAMLSeq | YAMLMap, otherwise: number): number {
  const last = node.items.at(-1);
  const inner: unknown = isPair(last) ? last.value : last;
  return isNode(inner) && inner.range != null ? inner.range[1] : otherwise;
}

/** Blanks before the first word of the line. */
function indentOf(text: string, at: number): number {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return line.length - line.trimStart().length;
}

/** A value as it is written in the place of a node. */
function textOf(value: unknown, node: Node, column: number, indent: number): string {
  if (isScalar(node) && node.type === Scalar.BLOCK_LITERAL && typeof value === "string")
    return `|\n${value
      .trimEnd()
      .split("\n")
      .map((line) => `${" ".repeat(indent + 2)}${line}\n`)
      .join("")}`;
  if (Array.isArray(value)) {
    const flow = flowText(value);
    if (isSeq(node) && node.flow === true && column + flow.length <= COLUMNS) return flow;
    // A list that begins behind its key and grows too long goes on below it.
    const own = isSeq(node) && node.flow === true ? indent + 2 : column;
    const lines = value.map((item) => `- ${itemText(item, own + 2)}`).join(`\n${" ".repeat(own)}`);
    return own === column ? lines : `\n${" ".repeat(own)}${lines}`;
  }
  if (isMap(node) && node.flow !== true && typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([key, inner]) => `${key}: ${textOf(inner, node.get(key, true) ?? new Scalar(inner), column, column)}`)
      .join(`\n${" ".repeat(column)}`);
  const quoted = isScalar(node) && node.type === Scalar.QUOTE_DOUBLE && typeof value === "string";
  return quoted ? JSON.stringify(value) : flowText(value);
}

/** An item of a list: on one line where it has room, else key by key. */
function itemText(item: unknown, column: number): string {
  const flow = flowText(item);
  if (column + flow.length <= COLUMNS || typeof item !== "object" || item === null) return flow;
  return Object.entries(item)
    .map(([key, value]) => `${key}: ${flowText(value)}`)
    .join(`\n${" ".repeat(column)}`);
}

/** On one line, as the stack files have it: `{ name: Avery, email: … }`, `["10.0.0.0/16"]`. */
function flowText(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.map((item) => (typeof item === "string" ? JSON.stringify(item) : flowText(item))).join(", ")}]`;
  if (typeof value !== "object" || value === null) return scalarText(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${scalarText(inner)}`)
    .join(", ")} }`;
}

/** Text is quoted where some reader of YAML could take it for a number or a day, or for a part of a list. */
function scalarText(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return /^[\d.+-][\d.e+:x_-]*$/i.test(value) || /[,[\]{}]/.test(value)
    ? JSON.stringify(value)
    : stringify(value, { lineWidth: 0 }).trimEnd();
}
