/** What this machine has, in which version and from where. */
import { chooseAnalyzer, choosePlugin } from "./plugins";
import { lookUp, type Tool } from "./tool";
import { ALL_TOOLS, REHEARSAL_TOOLS } from "./tools";
import { PLUGIN_PACKAGES, type PluginPackage } from "./versions";

/** One row of the table. */
export interface Row {
  readonly component: string;
  /** Absent when it is missing. */
  readonly version?: string;
  /** Where it comes from, or what would be done about its absence. */
  readonly origin: string;
  /** File; absent when it is missing or none in particular. */
  readonly path?: string;
  /** Whether the rehearsal needs it. */
  readonly required: boolean;
  /** What it is for, and what was found beside it and is not used. */
  readonly note: string;
}

/** Looks at everything; changes nothing. */
export async function inspect(tools: readonly Tool[] = ALL_TOOLS): Promise<Row[]> {
  return [
    { component: "node", version: process.versions.node, origin: "PATH", path: process.execPath, required: true, note: "runs everything" },
    ...(await Promise.all(tools.map(toolRow))),
    ...(await Promise.all(PLUGIN_PACKAGES.map(pluginRow))),
    { component: "policy analyzer", version: "-", origin: await chooseAnalyzer(), required: true, note: "runs the policy packs" },
  ];
}

async function toolRow(tool: Tool): Promise<Row> {
  const { found, refused } = await lookUp(tool);
  const required = REHEARSAL_TOOLS.includes(tool);
  const common = { component: tool.name, required, note: [tool.purpose, ...refused].join("; ") };
  if (found !== undefined) return { ...common, version: found.version, origin: found.origin, path: found.path };
  return { ...common, origin: `missing${required ? "" : " (optional)"}: ${tool.remedy}` };
}

async function pluginRow(name: PluginPackage): Promise<Row> {
  const choice = await choosePlugin(name).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  if (typeof choice === "string") return { component: `plugin ${name}`, origin: "PATH, refused", required: true, note: choice };
  const { kind, version, origin } = choice;
  const note = kind === "official" ? "official plugin" : "STAND-IN: previews of any stack, deployments of the rehearsal only";
  return { component: `plugin ${name}`, version, origin, required: true, note };
}

/** Names of what the rehearsal needs and this machine lacks. */
export function missingOf(rows: readonly Row[]): string[] {
  return rows.filter((row) => row.required && row.version === undefined).map((row) => row.component);
}

/** The rows for people. */
export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map(({ component, version = "-", origin, note }) => [component, version, origin, note]);
  const titles = ["component", "version", "origin", "note"];
  const widths = titles.map((title, index) => Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0)));
  const rule = widths.map((width) => "-".repeat(width));
  return [titles, rule, ...cells]
    .map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}
