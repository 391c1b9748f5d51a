/** `npm run doctor`: what this machine has, in which version and from where; with --provide, gets what is missing. */
import { Command } from "commander";
import { choosePlugin } from "./plugins";
import { ALL_TOOLS, chromiumTool, forgetFailedDownloads, onPath, provide } from "./tools";
import { PLUGIN_PACKAGES } from "./versions";

/** One row of the table. */
interface Row {
  readonly component: string;
  readonly version: string;
  readonly origin: string;
  readonly note: string;
}

async function inspect(): Promise<Row[]> {
  const tools = await Promise.all(
    ALL_TOOLS.map(async (tool): Promise<Row> => {
      const found = await tool.find();
      const missing = tool === chromiumTool ? "missing" : "missing: will be got when it is needed";
      return { component: tool.name, version: found?.version ?? "-", origin: found?.origin ?? missing, note: tool.purpose };
    }),
  );
  const plugins = await Promise.all(
    PLUGIN_PACKAGES.map(async (name): Promise<Row> => {
      const { kind, version, origin } = await choosePlugin(name);
      const note = kind === "official" ? "official plugin" : "STAND-IN: previews of any stack, deployments of the rehearsal only";
      return { component: `plugin ${name}`, version, origin, note };
    }),
  );
  const analyzer = (await onPath("pulumi-analyzer-policy")) === undefined ? "@pulumi/pulumi" : "PATH";
  return [
    { component: "node", version: process.versions.node, origin: process.execPath, note: "runs everything" },
    ...tools,
    ...plugins,
    { component: "policy analyzer", version: "-", origin: analyzer, note: "runs the policy packs" },
  ];
}

function table(rows: readonly Row[]): string {
  const columns = ["component", "version", "origin", "note"] as const;
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd();
  return [
    line(columns),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map((row) => line(columns.map((column) => row[column]))),
  ].join("\n");
}

async function main(): Promise<void> {
  const options = new Command("doctor")
    .description("Shows which engine, plugins and servers this machine has, and gets the missing ones on request.")
    .option("--provide", "get everything that the rehearsal needs", false)
    .option("--retry-downloads", "try official downloads again that failed lately", false)
    .option("--json", "print JSON", false)
    .parse()
    .opts<{ provide: boolean; retryDownloads: boolean; json: boolean }>();
  if (options.retryDownloads) await forgetFailedDownloads();
  if (options.provide)
    for (const tool of ALL_TOOLS) if (tool !== chromiumTool) await provide(tool, (line) => process.stderr.write(`${line}\n`));
  const rows = await inspect();
  process.stdout.write(`${options.json ? JSON.stringify(rows, undefined, 2) : table(rows)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
