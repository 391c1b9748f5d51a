/** The provider's settings, as the SDK encodes them. */
import { type CheckFailure, type Properties, UNKNOWN } from "../lib/contract";
import { messageOf } from "../lib/errors";
import { booleanSetting, jsonSetting, textSetting } from "../lib/settings";
import { isObject } from "../lib/wire";

/** Services that the stand-in calls, by the name that the provider's `endpoints` have. */
export const SERVICES = ["s3", "kms", "secretsmanager", "iam", "sts", "wafv2", "rds", "logs"] as const;
/** One of {@link SERVICES}. */
export type Service = (typeof SERVICES)[number];

/** Checks that the official plugin makes when it starts; the stand-in makes none of them anyway. */
const SKIPS = ["skipCredentialsValidation", "skipRequestingAccountId", "skipMetadataApiCheck", "skipRegionValidation"];

/** Every setting that the stand-in honours. */
export const SETTINGS = [
  "region",
  "defaultTags",
  "allowedAccountIds",
  "accessKey",
  "secretKey",
  "token",
  "s3UsePathStyle",
  "endpoints",
  ...SKIPS,
];

/** Decoded settings. */
export interface AwsSettings {
  /** Undefined: the SDK looks for one (`AWS_REGION`, the profile). */
  readonly region: string | undefined;
  /** Undefined: the SDK's own chain (environment, profile…). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string } | undefined;
  /** Accounts that may be touched; undefined: any. */
  readonly allowedAccountIds: readonly string[] | undefined;
  readonly pathStyle: boolean;
  readonly endpoints: Readonly<Partial<Record<Service, string>>>;
}

/** @throws Error with the first setting that cannot be used */
export function readSettings(config: Properties): AwsSettings {
  for (const name of SKIPS) booleanSetting(config, name);
  readDefaultTags(config);
  const [accessKeyId, secretAccessKey] = [textSetting(config, "accessKey"), textSetting(config, "secretKey")];
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new Error("Provider settings accessKey and secretKey belong together, got only one of them. Give both, or neither.");
  const sessionToken = textSetting(config, "token");
  return {
    region: textSetting(config, "region"),
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    allowedAccountIds: readAccountIds(config),
    pathStyle: booleanSetting(config, "s3UsePathStyle") ?? false,
    endpoints: readEndpoints(config),
  };
}

/** Problems of the settings; none for those that are not known yet. */
export function checkSettings(config: Properties): CheckFailure[] {
  const known = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== UNKNOWN));
  try {
    readSettings(known);
    return [];
  } catch (error) {
    const reason = messageOf(error);
    const property = SETTINGS.find((name) => reason.includes(` ${name} `)) ?? "";
    return [{ property, reason }];
  }
}

/** Tags that every resource gets. @throws Error when the setting is no object of texts */
export function readDefaultTags(config: Properties): Readonly<Record<string, string>> {
  const setting = config["defaultTags"] === UNKNOWN ? undefined : jsonSetting(config, "defaultTags");
  const tags = isObject(setting) ? (setting["tags"] ?? {}) : setting;
  if (tags === undefined) return {};
  if (isObject(tags) && Object.values(tags).every((value) => typeof value === "string")) return tags as Record<string, string>;
  throw new Error("Provider setting defaultTags must be { tags: { name: text } }.");
}

function readAccountIds(config: Properties): string[] | undefined {
  const ids = jsonSetting(config, "allowedAccountIds");
  if (ids === undefined) return undefined;
  if (Array.isArray(ids) && ids.every((id) => typeof id === "string" && /^\d{12}$/.test(id))) return ids as string[];
  throw new Error("Provider setting allowedAccountIds must be a list of account numbers of 12 digits.");
}

function readEndpoints(config: Properties): Partial<Record<Service, string>> {
  const blocks = jsonSetting(config, "endpoints") ?? [];
  if (!Array.isArray(blocks) || !blocks.every(isObject))
    throw new Error("Provider setting endpoints must be a list of objects { service: URL }.");
  const endpoints = Object.entries(Object.assign({}, ...blocks) as Properties).filter(([, url]) => url !== null);
  for (const [service, url] of endpoints) {
    if (!(SERVICES as readonly string[]).includes(service))
      throw new Error(`Provider setting endpoints names ${service}, which the stand-in does not call. It calls ${SERVICES.join(", ")}.`);
    if (typeof url !== "string" || !URL.canParse(url)) throw new Error(`Provider setting endpoints must give a URL for ${service}.`);
  }
  return Object.fromEntries(endpoints);
}
