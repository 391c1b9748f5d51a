/** Assertions of a synthetic test: the SDK writes every target as text, Datadog wants numbers for some. */
import type { Properties } from "../lib/contract";
import { isObject } from "../lib/wire";
import { adapt, at, leaf, object, required, type Shape, text } from "./shape";

const TYPES = [
  ...["body", "bodyHash", "certificate", "connection", "grpcHealthcheckStatus", "grpcMetadata", "grpcProto", "header", "javascript"],
  ...["jitter", "latency", "minTlsVersion", "multiNetworkHop", "networkHop", "packetLossPercentage", "packetsReceived", "property"],
  ...["receivedMessage", "recordEvery", "recordSome", "responseTime", "statusCode", "tlsVersion"],
];
/** Types whose target is a number. */
const NUMERIC_TYPES = [
  ...["certificate", "grpcHealthcheckStatus", "jitter", "latency", "networkHop", "packetLossPercentage", "packetsReceived", "responseTime"],
];
/** Operators of a JSON path whose target is a number. */
const NUMERIC_OPERATORS = ["lessThan", "lessThanOrEqual", "moreThan", "moreThanOrEqual"];
const NUMBER = /^-?\d+(\.\d+)?$/;

/** A target as text; a number in the model stays as exact as it was. */
const target: Shape = leaf("text", (value) => typeof value === "string", { fromModel: String });

/** `target` holds four things in the model, told apart by the assertion's operator. */
const flat = object({
  type: required(text(TYPES)),
  operator: text(),
  property: text(),
  target,
  timingsScope: text(["all", "withoutDNS"]),
  code: text(),
  targetjsonpath: at(
    "jsonPath",
    object({
      jsonpath: at("jsonPath", required(text())),
      operator: required(text()),
      elementsoperator: at("elementsOperator", text()),
      targetvalue: at("targetValue", target),
    }),
  ),
  targetxpath: at(
    "xPath",
    object({ xpath: at("xPath", required(text())), operator: required(text()), targetvalue: at("targetValue", target) }),
  ),
  targetjsonschema: at("jsonSchema", object({ jsonschema: at("jsonSchema", required(text())), metaschema: at("metaSchema", text()) })),
});

const FORMS = { validatesJSONPath: "jsonPath", validatesXPath: "xPath", validatesJSONSchema: "jsonSchema" } as const;

const asNumber = (value: unknown) => (typeof value === "string" && NUMBER.test(value) ? Number(value) : value);

/** One assertion. */
export const assertion: Shape = adapt(
  flat,
  ({ jsonPath, xPath, jsonSchema, ...rest }: Properties) => {
    const [form] = [jsonPath, xPath, jsonSchema].filter(isObject);
    if (form !== undefined) {
      const numeric = NUMERIC_OPERATORS.includes(String(form["operator"]));
      return { ...rest, target: numeric ? { ...form, targetValue: asNumber(form["targetValue"]) } : form };
    }
    const { type, operator } = rest;
    const status = type === "statusCode" && (operator === "is" || operator === "isNot");
    return status || NUMERIC_TYPES.includes(String(type)) ? { ...rest, target: asNumber(rest["target"]) } : rest;
  },
  (model: Properties) => {
    const form = FORMS[model["operator"] as keyof typeof FORMS];
    return form === undefined ? model : { ...model, target: undefined, [form]: model["target"] };
  },
);
