/**
 * Runbook §2: three least-privilege PostgreSQL roles. maestro_migrator owns the schema, maestro_app reads and writes rows, maestro_backup only
 * reads. PUBLIC holds nothing. Passwords are random, by generation; the server gets SCRAM verifiers only.
 *
 * The administrator joins none of the roles: where it is no superuser, the provider grants itself maestro_migrator for the length of each
 * transaction that needs it.
 */
import * as k8s from "@pulumi/kubernetes";
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { HardenedNamespace } from "./namespace";
import { refuse } from "./lib/component-error";
import { authorityConfigMapData, authorityConfigMapName, validateAuthority } from "./lib/database-authority";
import { credentialData, type DatabaseEndpoint, databaseSecretName } from "./lib/database-credential";
import { HANDED_OVER, HANDOVER_ROLE, handoverLogin, loginOf } from "./lib/database-handover";
import { connectionLimits, type ConnectionDemand } from "./lib/database-limits";
import { ROLE_PARAMETERS } from "./lib/database-role-spec";
import { generationAnnotations, validateGeneration } from "./lib/generations";
import type { DatabaseCredential, SecretGeneration } from "./lib/pod-secret";
import { MIGRATIONS_TABLE, PRIVILEGE_STEPS, ROLE_NAMES, type RoleKey, SCHEMA } from "./lib/privileges";
import { SCRAM_SALT_BYTES, scramVerifier } from "./lib/scram";

export { type RoleKey };

/** Characters of a password: 40 of 66 are 241 bits. */
const PASSWORD_LENGTH = 40;
/** Characters beside letters and digits: the four that need quoting neither in a URL nor in a shell. */
const PASSWORD_SPECIAL_CHARACTERS = "-_.~";

/** A password, and what the server is given instead. */
interface Password {
  readonly text: pulumi.Output<string>;
  readonly verifier: pulumi.Output<string>;
}

/** Arguments of {@link DatabaseRoles}. */
export interface DatabaseRolesArgs extends DatabaseEndpoint, ConnectionDemand {
  readonly generations: Readonly<Record<RoleKey, SecretGeneration>>;
  /** Namespace of the application and its backups. */
  readonly namespace: HardenedNamespace;
  /** Namespace of the migration Job alone. */
  readonly migrationsNamespace: HardenedNamespace;
  readonly labels: Readonly<Record<string, string>>;
}

/** Roles, privileges and the pods' credentials. @see docs/runbook/2-database.md */
export class DatabaseRoles extends pulumi.ComponentResource {
  /** Names of the three roles. */
  readonly roleNames: Readonly<Record<RoleKey, string>>;
  /** `DATABASE_URL` of maestro_app, in the application's namespace. */
  readonly appSecret: DatabaseCredential;
  /** `DATABASE_URL` of maestro_migrator, in the migrations' namespace. */
  readonly migratorSecret: DatabaseCredential;
  /** `PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER`, `PGPASSWORD`, `PGSSLMODE` and `PGSSLROOTCERT` of maestro_backup, in the application's namespace. */
  readonly backupSecret: DatabaseCredential;
  /** The last of the chain: roles, privileges, and the handover's login where there is one. */
  private readonly granted: pulumi.Resource;
  private readonly passwords = new Map<string, Password>();

  /** @throws ComponentArgumentsError with every problem of the arguments, before any resource exists */
  constructor(
    private readonly name: string,
    private readonly args: DatabaseRolesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("maestroverse:ops:DatabaseRoles", name, {}, opts);
    refuse("DatabaseRoles", validateDatabaseRoles(args));

    const app = this.role("app");
    const backup = this.role("backup");
    // Made last, it goes first, and what it owns is the administrator's by then: only an owner can take back what it granted the other two.
    const migrator = this.role("migrator", [app, backup]);
    const granted = this.privileges([migrator, app, backup]);
    this.granted = this.handover(granted) ?? granted;

    const authority = this.authority("", args.namespace);
    this.roleNames = ROLE_NAMES;
    this.appSecret = this.credential("app", args.namespace, authority);
    this.backupSecret = this.credential("backup", args.namespace, authority);
    this.migratorSecret = this.credential("migrator", args.migrationsNamespace, this.authority("migrations-", args.migrationsNamespace));
    this.registerOutputs({ roleNames: this.roleNames });
  }

  /**
   * Takes Prisma's record of migrations away from the application, to which the default privileges gave it like any other table. Once is
   * enough: later migrations keep the table.
   *
   * @param migration the Job whose first run creates the table
   */
  protectMigrationsTable(migration: pulumi.Resource): void {
    new postgresql.Grant(
      `${this.name}-app-migrations-table`,
      {
        role: ROLE_NAMES.app,
        database: this.args.databaseName,
        objectType: "table",
        schema: SCHEMA,
        objects: [MIGRATIONS_TABLE],
        privileges: [],
      },
      // There is nothing to give back when this goes, and the table may be gone before it.
      { parent: this, dependsOn: [this.granted, migration], retainOnDelete: true },
    );
  }

  /** The password of a generation. */
  private password(key: RoleKey, generation: number): Password {
    const tag = `${this.name}-${key}-g${generation}`;
    const known = this.passwords.get(tag);
    if (known !== undefined) return known;
    const parent = { parent: this };
    const { result: text } = new random.RandomPassword(
      `${tag}-password`,
      { length: PASSWORD_LENGTH, special: true, overrideSpecial: PASSWORD_SPECIAL_CHARACTERS },
      parent,
    );
    const salt = new random.RandomBytes(`${tag}-salt`, { length: SCRAM_SALT_BYTES }, parent);
    const verifier = pulumi.secret(pulumi.all([text, salt.base64]).apply(([password, bytes]) => scramVerifier(password, bytes)));
    const made = { text, verifier };
    this.passwords.set(tag, made);
    return made;
  }

  /** One role with the password of its generation. */
  private role(key: RoleKey, dependsOn: pulumi.Resource[] = []): postgresql.Role {
    const { generation } = this.args.generations[key];
    const inputs = { name: ROLE_NAMES[key], ...this.loginInputs(key, generation) };
    return new postgresql.Role(`${this.name}-${key}`, inputs, { parent: this, dependsOn });
  }

  /**
   * The other login for maestro_app, as long as its password is handed over. It is a member, and its sessions work as maestro_app from their
   * beginning. INHERIT, since the right to connect is asked of the login itself.
   */
  private handover(granted: pulumi.Resource): postgresql.Role | undefined {
    const login = handoverLogin(this.args.generations[HANDED_OVER]);
    if (login === undefined) return undefined;
    const role = ROLE_NAMES[HANDED_OVER];
    const inputs = { name: HANDOVER_ROLE, ...this.loginInputs(HANDED_OVER, login.generation), roles: [role], assumeRole: role };
    return new postgresql.Role(`${this.name}-${HANDED_OVER}-handover`, inputs, { parent: this, dependsOn: [granted] });
  }

  /** What every login of a role has: no attribute beside LOGIN, limits, and a password that the server never sees, only its verifier. */
  private loginInputs(key: RoleKey, generation: number): postgresql.RoleArgs {
    return {
      login: true,
      superuser: false,
      createDatabase: false,
      createRole: false,
      replication: false,
      bypassRowLevelSecurity: false,
      inherit: true,
      password: this.password(key, generation).verifier,
      connectionLimit: connectionLimits(this.args)[key],
      ...parameters(key),
    };
  }

  /**
   * Every privilege, one after the other: PostgreSQL refuses concurrent changes of one catalogue row (`tuple concurrently updated`).
   *
   * @returns the last one
   */
  private privileges(roles: readonly postgresql.Role[]): pulumi.Resource {
    const { databaseName: database } = this.args;
    let last: pulumi.Resource = new postgresql.Schema(
      `${this.name}-schema`,
      { name: SCHEMA, database, owner: ROLE_NAMES.migrator, ifNotExists: true },
      // The schema was there before this program, with the data in it.
      { parent: this, dependsOn: [...roles], retainOnDelete: true },
    );
    for (const { key, on, privileges, ...target } of PRIVILEGE_STEPS) {
      const inputs = { ...target, database, privileges: [...privileges] };
      // The provider deletes by revoking everything: of a replacement the old one must go first.
      const opts = { parent: this, dependsOn: [last], deleteBeforeReplace: true };
      last =
        on === "existing"
          ? new postgresql.Grant(`${this.name}-${key}`, inputs, opts)
          : // FOR ROLE the migrator: default privileges bind to the role that creates an object.
            new postgresql.DefaultPrivileges(`${this.name}-${key}`, { ...inputs, owner: ROLE_NAMES.migrator }, opts);
    }
    return last;
  }

  /** The certificates that pods of a namespace check the server's against; undefined where there is nothing to mount. */
  private authority(prefix: "" | "migrations-", namespace: HardenedNamespace): DatabaseCredential["authority"] {
    const pem = this.args.certificateAuthority?.pem;
    if (pem === undefined) return undefined;
    const configMapName = authorityConfigMapName(pem);
    const configMap = new k8s.core.v1.ConfigMap(
      `${this.name}-${prefix}authority`,
      {
        metadata: { name: configMapName, namespace: namespace.namespaceName, labels: this.args.labels },
        data: authorityConfigMapData(pem),
        immutable: true,
      },
      { parent: this, dependsOn: [namespace.namespace] },
    );
    return { configMapName, configMap };
  }

  /** Pods get a credential only once it can do what it is for. */
  private credential(key: RoleKey, namespace: HardenedNamespace, authority: DatabaseCredential["authority"]): DatabaseCredential {
    const { rotatedOn } = this.args.generations[key];
    const login = loginOf(key, this.args.generations[key]);
    const { user, generation } = login;
    const secretName = databaseSecretName(key, login, this.args);
    const data = (password: string) => credentialData(key, this.args, { user, password });
    const { text } = this.password(key, generation);
    const value = (variable: string) => text.apply((password) => data(password)[variable] ?? "");
    const secret = new k8s.core.v1.Secret(
      `${this.name}-${key}-g${generation}-secret`,
      {
        metadata: {
          name: secretName,
          namespace: namespace.namespaceName,
          labels: this.args.labels,
          annotations: generationAnnotations({ generation, rotatedOn }),
        },
        immutable: true,
        type: "Opaque",
        stringData: pulumi.secret(Object.fromEntries(Object.keys(data("")).map((variable) => [variable, value(variable)]))),
      },
      { parent: this, dependsOn: [namespace.namespace, this.granted] },
    );
    return { secretName, secret, authority };
  }
}

/** The parameters of a role's sessions as the provider takes them. */
function parameters(key: RoleKey): Partial<postgresql.RoleArgs> {
  const { search_path, statement_timeout, idle_in_transaction_session_timeout } = ROLE_PARAMETERS[key];
  return {
    searchPaths: [search_path],
    idleInTransactionSessionTimeout: Number(idle_in_transaction_session_timeout),
    ...(statement_timeout === undefined ? {} : { statementTimeout: Number(statement_timeout) }),
  };
}

/** Problems of the arguments, one line each; empty when there is none. */
export function validateDatabaseRoles(
  args: Omit<DatabaseRolesArgs, "namespace" | "migrationsNamespace" | "labels"> & {
    readonly namespace: Pick<HardenedNamespace, "namespaceName">;
    readonly migrationsNamespace: Pick<HardenedNamespace, "namespaceName">;
  },
): string[] {
  const problems: string[] = [];
  const whole = (
    path: "port" | "poolSizePerPod" | "maximumPods" | "minReadySeconds" | "terminationGraceSeconds",
    maximum: number,
    remedy: string,
  ) => {
    const value = args[path];
    if (!Number.isInteger(value) || value < 1 || value > maximum)
      problems.push(`${path} must be a whole number from 1 to ${maximum}, got ${value}. ${remedy}`);
  };
  if (!/^[a-z0-9.-]+$/i.test(args.host))
    problems.push(`host must be a host name or an IPv4 address, got ${JSON.stringify(args.host)}. Give it without port.`);
  whole("port", 65_535, "PostgreSQL's own is 5432.");
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(args.databaseName))
    problems.push(
      `databaseName must be a PostgreSQL identifier in lower case, got ${JSON.stringify(args.databaseName)}. Give the database's name.`,
    );
  if (args.sslMode === "disable" && !/^(127\.\d+\.\d+\.\d+|localhost)$/.test(args.host))
    problems.push(
      `sslMode must be verify-full for a host that is not on the loopback, got disable for ${args.host}. Set it to verify-full.`,
    );
  whole("poolSizePerPod", 1000, "Give the connections of one pod.");
  whole("maximumPods", 1000, "Give the autoscaler's maximum.");
  whole("minReadySeconds", 3600, "Give the Deployment's.");
  whole("terminationGraceSeconds", 3600, "Give the pods' grace period.");
  problems.push(...validateAuthority(args));
  if (args.namespace.namespaceName === args.migrationsNamespace.namespaceName)
    problems.push(
      `migrationsNamespace must be another namespace than namespace, got ${args.namespace.namespaceName} for both: ` +
        "pods of one namespace can mount each other's Secrets. Give the migrations a namespace of their own.",
    );
  for (const [key, generation] of Object.entries(args.generations)) {
    problems.push(...validateGeneration(`generations.${key}`, generation));
    if (generation.overlap !== false && key !== HANDED_OVER)
      problems.push(
        `generations.${key}.overlap must be false, got ${generation.overlap}: a PostgreSQL role has one password, and only that of pods which ` +
          "serve is handed over. Set it to false.",
      );
    else if (generation.overlap === true && generation.generation === 1)
      problems.push(
        `generations.${key}.overlap must be false or next for generation 1, got true: there is none before it. Set it to false.`,
      );
  }
  return problems;
}
