/** `datadog:index/logsCustomPipeline:LogsCustomPipeline`. @see https://docs.datadoghq.com/api/latest/logs-pipelines/ */
import type { LogsPipeline } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/LogsPipeline";

import type { Properties } from "../lib/contract";
import { isObject } from "../lib/wire";
import { unlessGone } from "./client";
import type { Kind, Live } from "./handler";
import { adapt, at, type Field, flag, list, object, otherwise, required, set, type Shape, text } from "./shape";

const query = object({ query: required(text()) });

/** The SDK has a list of one, Datadog a single filter. */
const filters = adapt(
  list(query, 1, 1),
  ([filter]: unknown[]) => filter,
  (model: unknown) => [model],
);

const sources = required(list(text(), 1));
const target = required(text());
const remapper = { sources };

/** Processors by the name of their input: Datadog's type, and the members besides `name` and `isEnabled`. */
const PROCESSORS: Readonly<Record<string, { readonly type: string; readonly fields: Readonly<Record<string, Field | Shape>> }>> = {
  arithmeticProcessor: { type: "arithmetic-processor", fields: { expression: required(text()), isReplaceMissing: flag(), target } },
  attributeRemapper: {
    type: "attribute-remapper",
    fields: {
      sources,
      sourceType: required(text()),
      target,
      targetType: required(text()),
      targetFormat: text(),
      preserveSource: flag(),
      overrideOnConflict: flag(),
    },
  },
  categoryProcessor: {
    type: "category-processor",
    fields: { target, categories: required(list(object({ name: required(text()), filter: required(query) }), 1)) },
  },
  dateRemapper: { type: "date-remapper", fields: remapper },
  excludeAttributeProcessor: { type: "exclude-attribute", fields: { attributeToExclude: required(text()) } },
  geoIpParser: { type: "geo-ip-parser", fields: { sources, target } },
  grokParser: {
    type: "grok-parser",
    fields: {
      source: required(text()),
      samples: list(text()),
      grok: required(object({ matchRules: required(text()), supportRules: required(text()) })),
    },
  },
  lookupProcessor: {
    type: "lookup-processor",
    fields: { source: required(text()), target, lookupTables: at("lookupTable", required(list(text()))), defaultLookup: text() },
  },
  messageRemapper: { type: "message-remapper", fields: remapper },
  serviceRemapper: { type: "service-remapper", fields: remapper },
  spanIdRemapper: { type: "span-id-remapper", fields: remapper },
  statusRemapper: { type: "status-remapper", fields: remapper },
  stringBuilderProcessor: {
    type: "string-builder-processor",
    fields: { target, template: required(text()), isReplaceMissing: flag() },
  },
  traceIdRemapper: { type: "trace-id-remapper", fields: remapper },
  urlParser: { type: "url-parser", fields: { sources, target, normalizeEndingSlashes: flag() } },
  userAgentParser: { type: "user-agent-parser", fields: { sources, target, isEncoded: flag() } },
};

/** A processor: the SDK has an input for each kind, Datadog a type. @param nested the kinds that hold processors themselves */
function processors(nested: typeof PROCESSORS): Shape {
  const kinds = { ...PROCESSORS, ...nested };
  // A processor is off unless it is switched on: that is what the official plugin sends.
  const common = { name: text(), isEnabled: otherwise(false, flag()) };
  const byKind = object(Object.fromEntries(Object.entries(kinds).map(([kind, { fields }]) => [kind, object({ ...common, ...fields })])));
  const only = adapt(
    byKind,
    (model: Properties) => {
      const [[kind = "", settings] = []] = Object.entries(model);
      return { type: kinds[kind]?.type, ...(settings as object) };
    },
    ({ type, ...settings }: Properties) => {
      const [kind] = Object.entries(kinds).find(([, each]) => each.type === type) ?? [""];
      return { [kind]: settings };
    },
  );
  const check = (value: unknown) => {
    const problems = byKind.check(value);
    const given = isObject(value) ? Object.keys(value) : [];
    if (problems.length > 0 || given.length === 1) return problems;
    return [{ path: [], text: `must be one processor, got ${given.join(" and ") || "none"}.` }];
  };
  return list({ ...only, check });
}

const pipeline = { description: text(), tags: set(text()), filters: at("filter", required(filters)) };

const shape = object({
  ...pipeline,
  name: required(text()),
  isEnabled: otherwise(false, flag()),
  processors: processors({
    pipeline: { type: "pipeline", fields: { ...pipeline, name: required(text()), processors: processors({}) } },
  }),
});

const live = (found: LogsPipeline): Live => ({ id: String(found.id), model: found });
const toBody = (model: Properties) => ({ processors: [], ...model }) as unknown as LogsPipeline;

/** A log pipeline. */
export const logsCustomPipeline: Kind = {
  shape,
  create: async ({ pipelines }, model) => live(await pipelines.createLogsPipeline({ body: toBody(model) })),
  async read({ pipelines }, { id }) {
    const found = await unlessGone(pipelines.getLogsPipeline({ pipelineId: id }));
    return found && live(found);
  },
  update: async ({ pipelines }, { id }, model) => live(await pipelines.updateLogsPipeline({ pipelineId: id, body: toBody(model) })),
  delete: ({ pipelines }, { id }) => unlessGone(pipelines.deleteLogsPipeline({ pipelineId: id })),
};
