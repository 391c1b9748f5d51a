/** `ops preview`: what a deployment would change, gated by the policy packs, without a credential. */
import { writeFile } from "node:fs/promises";
import { readWaivers } from "../policies/lib/pack";
import { inForce, stackOf } from "../policies/lib/waivers";
import { EXIT, ExitError } from "./cli/exit-codes";
import { type JsonTarget, writeRecord } from "./cli/flags";
import { type EngineResult, type EngineStack, openStack } from "./engine";
import { EngineError } from "./engine-error";
import { POLICY_PACKS } from "./policy-packs";
import type * as Reports from "./policy-report";

/** Arguments of {@link preview}. */
export interface PreviewOptions {
  readonly stack: string;
  /** Stack settings file. @default `Pulumi.<stack>.yaml` */
  readonly settingsFile?: string;
  /** Where the machine-readable record goes. */
  readonly json?: JsonTarget;
  /** Files for the policies' findings: SARIF 2.1.0, JUnit XML, Markdown for a pull request. */
  readonly sarif?: string;
  readonly junit?: string;
  readonly markdown?: string;
  /** Show every property instead of the tree. @default false */
  readonly diff?: boolean;
  readonly write: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** What {@link gate} writes, and where. */
export type GateOptions = Omit<PreviewOptions, "stack" | "settingsFile" | "signal">;

/** The machine-readable record of a preview. Secrets are `[secret]`, as the engine redacts them. */
export interface PreviewRecord {
  readonly stack: string;
  readonly backend: string;
  readonly engineVersion: string;
  readonly plugins: readonly { readonly package: string; readonly kind: string; readonly version: string }[];
  /** Resources by operation. */
  readonly changes: Readonly<Record<string, number>>;
  readonly resources: readonly { readonly urn: string; readonly type: string; readonly operation: string; readonly inputs: unknown }[];
  /** What the policies found. */
  readonly policies: Reports.PolicyReport;
}

/**
 * Previews a stack and writes what it finds.
 *
 * @returns the record; nothing in `policies` refuses the deployment
 * @throws EngineError when the engine reports an error
 * @throws ExitError when a policy refuses, or could not be evaluated: the gate would have passed unseen
 */
export async function preview(options: PreviewOptions): Promise<PreviewRecord> {
  const stack = await openStack({
    stack: options.stack,
    ...(options.settingsFile === undefined ? {} : { settingsFile: options.settingsFile }),
    report: (line) => options.write(`${line}\n`),
    onOutput: options.write,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    options.write(describeStack(stack));
    return await gate(options.stack, stack, options);
  } finally {
    await stack.close();
  }
}

/**
 * Previews an opened stack, writes what it finds, and lets pass only what the policies let pass.
 *
 * @throws as {@link preview}
 */
export async function gate(name: string, stack: EngineStack, options: GateOptions): Promise<PreviewRecord> {
  const failed: EngineError[] = [];
  // Every rule is loaded with it.
  const loadReports = () => import("./policy-report.js");
  const result = await stack
    .preview({ policyPacks: POLICY_PACKS, diff: options.diff === true, meanwhile: () => void loadReports() })
    .catch((error: unknown): EngineResult => {
      // What a gate found is what the record is for.
      if (!(error instanceof EngineError)) throw error;
      failed.push(error);
      return { changes: {}, events: error.events };
    });
  const reports = await loadReports();
  const record = buildRecord(name, stack, result, reports);
  await writeFiles(record, options, reports);
  const { policies } = record;
  options.write(`\n${reports.policyText(policies)}\n`);
  if (!reports.passes(policies))
    throw new ExitError(`The gate refuses ${name}: ${reports.summary(policies)}. What to do stands at each finding above.`, EXIT.found);
  if (failed[0] !== undefined) throw failed[0];
  return record;
}

/** What a run begins with: engine, state and plugins. */
export function describeStack({ engineVersion, backend, plugins }: EngineStack): string {
  const list = plugins.map((plugin) => `${plugin.package} ${plugin.version} (${plugin.kind})`).join(", ");
  return `Engine ${engineVersion}; state: ${backend}; plugins: ${list}\n\n`;
}

async function writeFiles(record: PreviewRecord, { json, sarif, junit, markdown }: GateOptions, reports: typeof Reports): Promise<void> {
  await writeRecord(json, record);
  if (sarif !== undefined) await writeRecord(sarif, reports.policySarif(record.policies));
  if (junit !== undefined) await writeFile(junit, reports.policyJunit(record.policies));
  if (markdown !== undefined) await writeFile(markdown, reports.policyMarkdown(record.policies));
}

function buildRecord(stack: string, opened: EngineStack, result: EngineResult, { policyReport }: typeof Reports): PreviewRecord {
  const waivers = readWaivers().waivers.filter((waiver) => stackOf(waiver.urn) === stack && inForce(waiver, new Date()));
  return {
    stack,
    backend: opened.backend,
    engineVersion: opened.engineVersion,
    plugins: opened.plugins.map(({ package: name, kind, version }) => ({ package: name, kind, version })),
    changes: result.changes,
    resources: result.events
      .flatMap(({ resourcePreEvent }) => (resourcePreEvent === undefined ? [] : [resourcePreEvent.metadata]))
      .map(({ urn, type, op, new: planned }) => ({ urn, type, operation: op, inputs: planned?.inputs }))
      .sort((a, b) => (a.urn < b.urn ? -1 : 1)),
    policies: policyReport(stack, result.events, waivers),
  };
}
