/** `ops preview`: what a deployment would change, gated by the policy pack, without a credential. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { EngineError, type EngineResult, openStack, REPOSITORY } from "./engine";

/** The packs that every preview and `up` runs. */
export const POLICY_PACKS = ["maestroverse-checklist", "platform-baseline"].map((pack) => join(REPOSITORY, "policies", pack));

/** Arguments of {@link preview}. */
export interface PreviewOptions {
  readonly stack: string;
  /** File for the machine-readable record. */
  readonly json?: string;
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
  readonly violations: readonly {
    readonly policy: string;
    readonly level: string;
    readonly urn: string | undefined;
    readonly message: string;
  }[];
  /** Mandatory policies that the engine did not run. */
  readonly skippedPolicies: readonly string[];
}

/**
 * Previews a stack and writes what it finds.
 *
 * @returns the record; `skippedPolicies` is empty, else the preview failed
 * @throws EngineError when the engine reports an error or a violation
 * @throws Error when a policy was skipped: the gate would have passed unseen
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
    const write = async (result: EngineResult) => {
      const record = buildRecord(options.stack, stack, result);
      if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(record, undefined, 2)}\n`);
      return record;
    };
    const result = await stack.preview({ policyPacks: POLICY_PACKS, diff: options.diff === true }).catch(async (error: unknown) => {
      // What a gate found is what the record is for.
      if (error instanceof EngineError) await write({ changes: {}, events: error.events });
      throw error;
    });
    const record = await write(result);
    if (record.skippedPolicies.length > 0)
      throw new Error(
        `${record.skippedPolicies.length} mandatory policies could not be evaluated at preview, so the gate did not hold:\n${record.skippedPolicies.join("\n")}`,
      );
    return record;
  } finally {
    await stack.close();
  }
}

type Opened = Awaited<ReturnType<typeof openStack>>;

function describePlugins(plugins: Opened["plugins"]): string {
  return plugins.map((plugin) => `${plugin.package} ${plugin.version} (${plugin.kind})`).join(", ");
}

function buildRecord(stack: string, opened: Opened, result: EngineResult): PreviewRecord {
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
    violations: result.events.flatMap(({ policyEvent }) =>
      policyEvent === undefined || isSkipNotice(policyEvent.message)
        ? []
        : [
            {
              policy: policyEvent.policyName,
              level: policyEvent.enforcementLevel,
              urn: policyEvent.resourceUrn,
              message: policyEvent.message,
            },
          ],
    ),
    skippedPolicies: skippedPolicies(result.events),
  };
}

const isSkipNotice = (message: string) => /can't run policy .* during preview/.test(message);

/** The engine's notices that it skipped a policy because a value was unknown. */
export function skippedPolicies(events: readonly EngineEvent[]): string[] {
  return events
    .flatMap(({ policyEvent, diagnosticEvent }) => [policyEvent?.message, diagnosticEvent?.message])
    .filter((message) => message !== undefined)
    .filter(isSkipNotice);
}
