/** The systems of a stack, each opened when the first probe asks for it and shared by the others; all are closed at the end. */
import type { S3Client } from "@aws-sdk/client-s3";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Client } from "pg";
import { databaseSecretName } from "../../components/lib/database-credential";
import { type Login, loginOf } from "../../components/lib/database-handover";
import { ROLE_NAMES, type RoleKey } from "../../components/lib/privileges";
import type { Access, DatabaseAccess } from "../access";
import type { ClusterAccess } from "../cluster";
import type { DatadogAccess } from "../datadog";
import { type EdgeAddress, type EdgeClient, edgeClient } from "../edge-client";
import type { StackOutputs } from "../stack-outputs";

/** Clients of the loopback that count as one each: a rehearsal's probes do not use up each other's requests. */
const LOOPBACK = "127.1";

/** The systems. */
export class Systems {
  private readonly opened = new Map<string, Promise<unknown>>();
  private readonly closers: (() => Promise<unknown>)[] = [];
  private addresses = 0;
  /** Sends requests to the edge. */
  readonly edge: EdgeClient;
  readonly edgeAddress: EdgeAddress;

  /** @param outputs where they are known already */
  constructor(
    readonly access: Access,
    private readonly known?: StackOutputs,
  ) {
    this.edgeAddress = access.edge;
    this.edge = edgeClient(access.edge);
  }

  /** Whether this is the environment on one machine: some systems are stand-ins. */
  get isRehearsal(): boolean {
    return this.access.settings.environment === "rehearsal";
  }

  /** An address that no other probe sends from, nor an earlier run lately; undefined outside the rehearsal: this machine has one. */
  ownAddress(): string | undefined {
    if (!this.isRehearsal) return undefined;
    const start = Math.floor(Date.now() / 1000) % 60_000;
    const number = (start + ++this.addresses * 61) % 60_000;
    return `${LOOPBACK}.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`;
  }

  /** Outputs of the stack. */
  outputs(): Promise<StackOutputs> {
    return this.once("outputs", () => (this.known === undefined ? this.access.outputs() : Promise.resolve(this.known)));
  }

  cluster(): Promise<ClusterAccess> {
    return this.once(
      "cluster",
      () => this.access.cluster(),
      (cluster) => cluster.close(),
    );
  }

  datadog(): Promise<DatadogAccess> {
    return this.once("datadog", () => this.access.datadog());
  }

  /** How the database is reached. */
  database(): Promise<DatabaseAccess> {
    return this.once("database", () => this.access.database());
  }

  /** A session of the administrator, for one probe: its queries wait for each other. @param databaseName @default the stack's */
  async administrator(databaseName?: string): Promise<Client> {
    const client = await (await this.database()).connect(undefined, databaseName);
    this.closers.push(() => client.end());
    return client;
  }

  /** A session of a role, with the login that its pods have. @param databaseName @default the stack's */
  async sessionOf(key: RoleKey, databaseName?: string): Promise<Client> {
    const database = await this.database();
    const client = await database.connect(await this.credentialOf(key), databaseName);
    this.closers.push(() => client.end());
    return client;
  }

  /** A Secret of the cluster, decoded. Values go nowhere. */
  async secret(namespace: string, name: string): Promise<Readonly<Record<string, string>>> {
    const cluster = await this.cluster();
    const { data = {} } = await cluster.get<{ data?: Record<string, string> }>(`/api/v1/namespaces/${namespace}/secrets/${name}`);
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]));
  }

  secretsManager(): Promise<SecretsManagerClient> {
    return this.once("secretsmanager", async () => {
      const { SecretsManagerClient: Sdk } = await import("@aws-sdk/client-secrets-manager");
      return new Sdk(this.access.aws());
    });
  }

  /** @param region @default the stack's first */
  s3(region?: string): Promise<S3Client> {
    return this.once(`s3 ${region ?? ""}`, async () => {
      const { S3Client: Sdk } = await import("@aws-sdk/client-s3");
      return new Sdk({ ...this.access.aws(region), forcePathStyle: this.access.settings.aws.endpoint !== undefined });
    });
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await Promise.allSettled(this.closers.map((close) => close()));
  }

  /** The Secret that a role's pods have. */
  secretOfRole(key: RoleKey): { readonly namespace: string; readonly name: string } {
    const { cluster, database } = this.access.settings;
    return {
      namespace: key === "migrator" ? cluster.migrationsNamespace : cluster.namespace,
      name: databaseSecretName(key, this.loginOf(key), { ...database, databaseName: database.name }),
    };
  }

  /** What a role's pods log in with. The password goes into other Secrets, and nowhere else. */
  async credentialOf(key: RoleKey): Promise<{ readonly user: string; readonly password: string }> {
    const { namespace, name } = this.secretOfRole(key);
    const values = await this.secret(namespace, name);
    const password = values["PGPASSWORD"] ?? decodeURIComponent(new URL(values["DATABASE_URL"] ?? "none:").password);
    if (password === "") throw new Error(`Secret ${namespace}/${name} has no password of ${ROLE_NAMES[key]}`);
    return { user: this.loginOf(key).user, password };
  }

  private loginOf(key: RoleKey): Login {
    return loginOf(key, this.access.settings.database.roles[key]);
  }

  private once<T>(key: string, open: () => Promise<T>, close?: (opened: T) => Promise<unknown>): Promise<T> {
    const known = this.opened.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const opening = open();
    this.opened.set(key, opening);
    if (close !== undefined) this.closers.push(() => opening.then(close, () => undefined));
    return opening;
  }
}
