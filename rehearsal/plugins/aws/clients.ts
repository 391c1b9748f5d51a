/** Clients of AWS's services: each loaded when it is first used, for a preview uses none and their import takes a second. */
import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import type { IAM } from "@aws-sdk/client-iam";
import type { KMS } from "@aws-sdk/client-kms";
import type { RDS } from "@aws-sdk/client-rds";
import type { S3 } from "@aws-sdk/client-s3";
import type { SecretsManager } from "@aws-sdk/client-secrets-manager";
import type { STS } from "@aws-sdk/client-sts";
import type { WAFV2 } from "@aws-sdk/client-wafv2";

import type { Properties } from "../lib/contract";
import { messageOf } from "../lib/errors";
import { type AwsSettings, readSettings, type Service } from "./settings";

/** Milliseconds until a server that does not answer counts as away. */
const CONNECTION_MILLISECONDS = 5_000;
const REQUEST_MILLISECONDS = 30_000;

interface Clients {
  s3: S3;
  kms: KMS;
  secretsmanager: SecretsManager;
  iam: IAM;
  sts: STS;
  wafv2: WAFV2;
  rds: RDS;
  logs: CloudWatchLogs;
}

const CONSTRUCTORS: { readonly [S in Service]: () => Promise<new (config: object) => Clients[S]> } = {
  s3: async () => (await import("@aws-sdk/client-s3")).S3,
  kms: async () => (await import("@aws-sdk/client-kms")).KMS,
  secretsmanager: async () => (await import("@aws-sdk/client-secrets-manager")).SecretsManager,
  iam: async () => (await import("@aws-sdk/client-iam")).IAM,
  sts: async () => (await import("@aws-sdk/client-sts")).STS,
  wafv2: async () => (await import("@aws-sdk/client-wafv2")).WAFV2,
  rds: async () => (await import("@aws-sdk/client-rds")).RDS,
  logs: async () => (await import("@aws-sdk/client-cloudwatch-logs")).CloudWatchLogs,
};

/** An account, seen from one region. */
export interface Region {
  readonly name: string;
  client<S extends Service>(service: S): Promise<Clients[S]>;
}

/** One account's clients. */
export class Aws {
  private readonly clients = new Map<string, Promise<Clients[Service]>>();

  private constructor(private readonly settings: AwsSettings) {}

  /** @throws Error when there is no region, or the credentials belong to an account that the provider does not allow */
  static async connect(config: Properties): Promise<Aws> {
    const aws = new Aws(readSettings(config));
    const { allowedAccountIds } = aws.settings;
    if (allowedAccountIds !== undefined) {
      const { Account } = await (await aws.in().client("sts")).getCallerIdentity();
      if (Account === undefined || !allowedAccountIds.includes(Account))
        throw new Error(
          `AWS account ${Account} is not allowed: the provider's allowedAccountIds are ${allowedAccountIds.join(", ")}. ` +
            "Use credentials of an allowed account.",
        );
    }
    return aws;
  }

  /** @param name absent: the provider's region */
  in(name: unknown = this.settings.region): Region {
    if (typeof name !== "string") throw new Error("The aws provider has no region. Set its region, or AWS_REGION.");
    return { name, client: (service) => this.client(service, name) };
  }

  /** Ends connections. */
  async close(): Promise<void> {
    for (const client of this.clients.values()) (await client).destroy();
  }

  private client<S extends Service>(service: S, region: string): Promise<Clients[S]> {
    const key = `${service} ${region}`;
    let client = this.clients.get(key);
    if (client === undefined) this.clients.set(key, (client = this.make(service, region)));
    return client as Promise<Clients[S]>;
  }

  private async make(service: Service, region: string): Promise<Clients[Service]> {
    const { credentials, endpoints, pathStyle } = this.settings;
    const client = new (await CONSTRUCTORS[service]())({
      region,
      requestHandler: { connectionTimeout: CONNECTION_MILLISECONDS, requestTimeout: REQUEST_MILLISECONDS },
      ...(credentials !== undefined && { credentials }),
      ...(endpoints[service] !== undefined && { endpoint: endpoints[service] }),
      ...(service === "s3" && { forcePathStyle: pathStyle, followRegionRedirects: false }),
    });
    // One type for the clients of all services, which no type of the SDK is.
    (client as S3).middlewareStack.add(
      (next, { commandName = "" }) =>
        async (args) => {
          try {
            return await next(args);
          } catch (error) {
            if (error instanceof Error) error.message = explain(service, commandName, error);
            throw error;
          }
        },
      { step: "initialize", name: "explain" },
    );
    return client;
  }
}

/** `kms CreateKey: MalformedPolicyDocumentException: … (HTTP 400)`; the SDK's own message may be no more than "UnknownError". */
function explain(service: Service, commandName: string, error: Error): string {
  const { $metadata, $responseBodyText = "" } = error as { $metadata?: { httpStatusCode?: number }; $responseBodyText?: string };
  const status = $metadata?.httpStatusCode;
  // What moto does not know it answers with a page.
  const page = /<title>([^<]*)/.exec($responseBodyText)?.[1];
  const words = [error.name, page ?? messageOf(error)].filter((word, index, all) => word !== "Error" && all.indexOf(word) === index);
  return `${service} ${commandName.replace(/Command$/, "")}: ${words.join(": ")}${status === undefined ? "" : ` (HTTP ${status})`}`;
}

/** The answer, or undefined when AWS says by one of these errors that there is nothing. */
export async function unlessGone<T>(answer: Promise<T>, ...errors: readonly string[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && errors.includes(error.name)) return undefined;
    throw error;
  }
}
