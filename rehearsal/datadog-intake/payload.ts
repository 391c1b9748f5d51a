/** Checks JSON against the models of Datadog's own client library: what is unknown, missing or of a wrong kind, and where. */
import { createRequire } from "node:module";

/** Version of the API, which is a package of models of its own. */
export type ApiVersion = "v1" | "v2";

/** The library's description of a member of a model. */
interface Attribute {
  readonly baseName: string;
  readonly type: string;
  readonly required?: boolean;
  readonly format?: string;
}

interface Model {
  getAttributeTypeMap(): Readonly<Record<string, Attribute>>;
}

interface Serializer {
  deserialize(data: unknown, type: string, format?: string): unknown;
}

/** Models that are open by design: the attributes of a log line are whatever the application writes. */
const OPEN_MODELS = ["HTTPLogItem"];
/** More would not help anybody. */
const MOST_PROBLEMS = 10;

const load = createRequire(__filename);
const folderOf = (version: ApiVersion) => `@datadog/datadog-api-client/dist/packages/datadog-api-client-${version}/models`;

/** The models of one version. */
class Models {
  private readonly serializer: Serializer;

  constructor(private readonly version: ApiVersion) {
    this.serializer = (load(`${folderOf(version)}/ObjectSerializer`) as { ObjectSerializer: Serializer }).ObjectSerializer;
  }

  /** What is wrong with the data, one line each, beginning with the place. */
  problems(data: unknown, type: string, place: string, format?: string): string[] {
    // `[Type]` is a list of exactly one.
    const list = /^(?:Array<(.*)>|\[(.*)\])$/
      .exec(type)
      ?.slice(1)
      .find((each) => each !== undefined);
    if (list !== undefined) {
      if (!Array.isArray(data)) return [`${place} must be a list, got ${kindOf(data)}`];
      return data.flatMap((each, index) => this.problems(each, list, `${place}[${index}]`, format));
    }
    const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
    if (map !== undefined) {
      if (!isObject(data)) return [`${place} must be an object, got ${kindOf(data)}`];
      return Object.entries(data).flatMap(([key, each]) => this.problems(each, map, `${place}.${key}`, format));
    }
    if (type === "any") return [];
    if (type === "Date") return typeof data === "string" && !isNaN(Date.parse(data)) ? [] : [`${place} must be a date, got ${shown(data)}`];
    if (["string", "boolean", "number"].includes(type)) return primitiveProblems(data, type, place, format);
    const model = this.model(type);
    return model === undefined ? this.choiceProblems(data, type, place) : this.objectProblems(data, model, type, place);
  }

  /** Undefined for an enumeration and for a choice between models. */
  private model(type: string): Model | undefined {
    const exported = (load(`${folderOf(this.version)}/${type}`) as Record<string, Partial<Model> | undefined>)[type];
    return exported?.getAttributeTypeMap === undefined ? undefined : (exported as Model);
  }

  private objectProblems(data: unknown, model: Model, type: string, place: string): string[] {
    if (!isObject(data)) return [`${place} must be an object (${type}), got ${kindOf(data)}`];
    const { additionalProperties, ...attributes } = model.getAttributeTypeMap();
    const byName = new Map(Object.values(attributes).map((attribute) => [attribute.baseName, attribute]));
    const open = additionalProperties !== undefined && (OPEN_MODELS.includes(type) || !additionalProperties.type.endsWith(": any; }"));
    const unknown = open ? [] : Object.keys(data).filter((name) => !byName.has(name));
    return [
      ...unknown.map((name) => `${place}.${name} is not known to ${type}`),
      ...[...byName].flatMap(([name, attribute]) => {
        const value = data[name];
        if (value !== undefined && value !== null) return this.problems(value, attribute.type, `${place}.${name}`, attribute.format);
        return attribute.required === true ? [`${place}.${name} is missing (${type})`] : [];
      }),
    ];
  }

  private choiceProblems(data: unknown, type: string, place: string): string[] {
    let chosen: unknown;
    try {
      chosen = this.serializer.deserialize(data, type);
    } catch {
      chosen = undefined;
    }
    if (Array.isArray(chosen) && Array.isArray(data))
      return chosen.flatMap((each: object, index) => this.problems(data[index], each.constructor.name, `${place}[${index}]`));
    if (!isObject(chosen)) return chosen === data && chosen !== undefined ? [] : [`${place} is no ${type}: ${shown(data)}`];
    const { name } = (chosen as object).constructor;
    if (name === "UnparsedObject") return [`${place} is no ${type}: ${shown(data)}`];
    return this.problems(data, name, place);
  }
}

const models: Partial<Record<ApiVersion, Models>> = {};
const modelsOf = (version: ApiVersion) => (models[version] ??= new Models(version));

/** Loads the models: seconds, or more on a busy machine, that no caller should wait for. */
export function loadModels(): void {
  modelsOf("v1");
  modelsOf("v2");
}

/**
 * What is wrong with a payload, at most ten lines; none when it is as Datadog's description says.
 *
 * @param type a model's name, or `Array<name>`
 */
export function payloadProblems(version: ApiVersion, type: string, payload: unknown): string[] {
  return modelsOf(version).problems(payload, type, "body").slice(0, MOST_PROBLEMS);
}

/** Whether it is an object with members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function primitiveProblems(data: unknown, type: string, place: string, format: string | undefined): string[] {
  if (typeof data !== type) return [`${place} must be a ${type}, got ${kindOf(data)}`];
  const integer = format === "int32" || format === "int64";
  return integer && !Number.isInteger(data) ? [`${place} must be a whole number, got ${String(data)}`] : [];
}

function kindOf(data: unknown): string {
  if (data === undefined || data === null) return "nothing";
  return Array.isArray(data) ? "a list" : `${typeof data === "object" ? "an" : "a"} ${typeof data}`;
}

/** A value in a message: short, and no more of it than is needed. */
function shown(data: unknown): string {
  const text = JSON.stringify(data) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
