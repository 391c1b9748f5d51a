/** `ops preview`: what a deployment would change, gated by the policy packs, without a credential. */
import { writeFile } from "node:fs/promises";
import { readWaivers } from "../policies/lib/pack";
import { inForce, stackOf } from "../policies/lib/waivers";
import { EngineError, type EngineResult, openStack } from "./engine";
import { POLICY_PACKS } from "./policy-packs";
import { passes, policyJunit, policyMarkdown, policyReport, type PolicyReport, policySarif, policyText, summary } from "./policy-report";

/** Arguments of {@link preview}. */
export interface PreviewOptions {
  readonly stack: string;
  /** File for the machine-readable record. */
  readonly json?: string;
  /** Files for the policies' findings: SARIF 2.1.0, JUnit XML, Markdown for a pull request. */
  readonly sarif?: string;
  readonly junit?: string;
  readonly markdown?: string;
  /** Show every property instead of the tree. @default false */
  readonly diff?: boolean;
  readonly write: (text: string) => void;
  readonly signal?: AbortSignal;
}

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
  readonly policies: PolicyReport;
}

/**
 * Previews a stack and writes what it finds.
 *
 * @returns the record; nothing in `policies` refuses the deployment
 * @throws EngineError when the engine reports an error
 * @throws Error when a policy refuses, or could not be evaluated: the gate would have passed unseen
 */
export async function preview(options: PreviewOptions): Promise<PreviewRecord> {
  const stack = await openStack({
    stack: options.stack,
    report: (line) => options.write(`${line}\n`),
    onOutput: options.write,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    options.write(`Engine ${stack.engineVersion}; state: ${stack.backend}; plugins: ${describePlugins(stack.plugins)}\n\n`);
    const failed: EngineError[] = [];
    const result = await stack.preview({ policyPacks: POLICY_PACKS, diff: options.diff === true }).catch((error: unknown): EngineResult => {
      // What a gate found is what the record is for.
      if (!(error instanceof EngineError)) throw error;
      failed.push(error);
      return { changes: {}, events: error.events };
    });
    const record = buildRecord(options.stack, stack, result);
    await writeFiles(record, options);
    options.write(`\n${policyText(record.policies)}\n`);
    const { policies } = record;
    if (!passes(policies))
      throw new Error(`The gate refuses ${options.stack}: ${summary(policies)}. What to do stands at each finding above.`);
    if (failed[0] !== undefined) throw failed[0];
    return record;
  } finally {
    await stack.close();
  }
}

async function writeFiles(record: PreviewRecord, { json, sarif, junit, markdown }: PreviewOptions): Promise<void> {
  const asJson = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  if (json !== undefined) await writeFile(json, asJson(record));
  if (sarif !== undefined) await writeFile(sarif, asJson(policySarif(record.policies)));
  if (junit !== undefined) await writeFile(junit, policyJunit(record.policies));
  if (markdown !== undefined) await writeFile(markdown, policyMarkdown(record.policies));
}

type Opened = Awaited<ReturnType<typeof openStack>>;

function describePlugins(plugins: Opened["plugins"]): string {
  return plugins.map((plugin) => `${plugin.package} ${plugin.version} (${plugin.kind})`).join(", ");
}

function buildRecord(stack: string, opened: Opened, result: EngineResult): PreviewRecord {
  const waivers = readWaivers().waivers.filter((waiver) => stackOf(waiver.urn) === stack && inForce(waiver, new Date()));
  return {
    stack,
    backend: opened.backend,
    engineVersion: opened.engineVersion,
    plugins: opened.plugins.map(({ package: name, kind, version }) => ({ package: name, kind, version })),
    changes: result.changes,
    resources: result.events
      .flatMap(({ resourcePreEvent }) => (resourcePreEvent === undefined ? [] : [resourcePreEvent.metadata]))
      .map(({ urn, type, op, new: planned }) => ({ urn, type, operation: String(op), inputs: planned?.inputs }))
      .sort((a, b) => (a.urn < b.urn ? -1 : 1)),
    policies: policyReport(stack, result.events, waivers),
  };
}
