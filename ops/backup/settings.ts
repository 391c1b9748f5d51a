/** Settings of the backup program: its environment, checked as a whole before anything is done. The only file of it that reads `process.env`. */
import { z } from "zod";
import { holdsAgeIdentity, isAgeRecipient } from "../../components/lib/age-recipient";

/** What the program works with. */
export interface BackupSettings {
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly name: string;
    readonly user: string;
    readonly password: string;
    /** `verify-full`, or `disable` on the loopback only. */
    readonly sslMode: "verify-full" | "disable";
    /** File with the certificates that the server's is checked against; there with `verify-full`. */
    readonly sslRootCert: string | undefined;
  };
  /** Environment of PostgreSQL's programs: how to reach the database, and nothing of AWS. */
  readonly databaseEnvironment: Readonly<Record<string, string>>;
  /** Folder of the dumps. */
  readonly directory: string;
  readonly bucket: string;
  /** Prefix of the objects' keys. */
  readonly prefix: string;
  /** Key (id, ARN or ARN of an alias) that objects are encrypted with. */
  readonly kmsKey: string;
  /** Public keys of age that dumps are encrypted for; none: they are not, but by S3. */
  readonly recipients: readonly string[];
  /** Days that local dumps are kept. */
  readonly retentionDays: number;
  readonly region: string;
}

/** A wrong environment: every problem, one line each. */
class BackupSettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`${problems.length} problem${problems.length === 1 ? "" : "s"} in the environment; nothing was done: ${problems.join(" ")}`);
    this.name = "BackupSettingsError";
  }
}

const text = (rule: string) => z.string(rule).min(1, rule);
const whole = (rule: string, min: number, max: number) =>
  z.string(rule).regex(/^\d+$/, rule).transform(Number).pipe(z.number().min(min, rule).max(max, rule));

const RECIPIENTS =
  "public keys of age (age1…), each once, with commas between them; never an identity (AGE-SECRET-KEY-…), which opens every dump";

const schema = z
  .object({
    PGHOST: text("the database's host"),
    PGPORT: whole("a TCP port, 1 to 65535", 1, 65_535),
    PGDATABASE: text("the database's name"),
    PGUSER: text("the role that dumps, maestro_backup"),
    PGPASSWORD: text("that role's password"),
    PGSSLMODE: z.enum(["verify-full", "disable"], "verify-full (disable only on the loopback)"),
    PGSSLROOTCERT: text("a file of certificates").optional(),
    BACKUP_DIRECTORY: text("an absolute path").startsWith("/", "an absolute path"),
    BACKUP_BUCKET: text("an S3 bucket"),
    BACKUP_PREFIX: z.string("a prefix that ends with /").regex(/^([\w-]+\/)*$/, "empty, or words that end with /"),
    BACKUP_KMS_KEY: text("a KMS key's id, ARN or alias ARN"),
    BACKUP_RECIPIENTS: z
      .string()
      .default("")
      .transform((list) => list.split(",").filter((each) => each !== ""))
      .refine((list) => list.every(isAgeRecipient) && new Set(list).size === list.length, RECIPIENTS),
    BACKUP_RETENTION_DAYS: whole("1 to 3650 (days)", 1, 3650),
    AWS_REGION: text("the bucket's region"),
  })
  .superRefine((value, context) => {
    if (value.PGSSLMODE === "disable" && !/^(127\.\d+\.\d+\.\d+|localhost|::1)$/.test(value.PGHOST))
      context.addIssue({ code: "custom", path: ["PGSSLMODE"], message: "verify-full for a database that is not on the loopback" });
    // Without it Node.js and libpq would look in two places, and libpq's is in a home folder that the pod does not have.
    if (value.PGSSLMODE === "verify-full" && value.PGSSLROOTCERT === undefined)
      context.addIssue({ code: "custom", path: ["PGSSLROOTCERT"], message: "the file of certificates that verify-full checks against" });
  });

/** Variables whose value never stands in a message. */
const SECRET_VARIABLES: readonly PropertyKey[] = ["PGPASSWORD"];

/**
 * Reads and checks the environment.
 *
 * @throws BackupSettingsError with every problem at once; never with the password
 */
export function readSettings(environment: NodeJS.ProcessEnv = process.env): BackupSettings {
  const result = schema.safeParse(environment);
  if (!result.success)
    throw new BackupSettingsError(
      result.error.issues.map((issue) => {
        const name = issue.path[0] ?? "";
        const value = environment[String(name)];
        const isSecret = SECRET_VARIABLES.includes(name) || holdsAgeIdentity(value ?? "");
        const got = value === undefined ? "nothing" : isSecret ? "(hidden)" : JSON.stringify(value);
        return `${String(name)} must be ${issue.message}, got ${got}.`;
      }),
    );
  const { data } = result;
  const optional = { PGSSLROOTCERT: data.PGSSLROOTCERT, PATH: environment["PATH"], HOME: environment["HOME"] };
  return {
    database: {
      host: data.PGHOST,
      port: data.PGPORT,
      name: data.PGDATABASE,
      user: data.PGUSER,
      password: data.PGPASSWORD,
      sslMode: data.PGSSLMODE,
      sslRootCert: data.PGSSLROOTCERT,
    },
    databaseEnvironment: {
      PGHOST: data.PGHOST,
      PGPORT: String(data.PGPORT),
      PGDATABASE: data.PGDATABASE,
      PGUSER: data.PGUSER,
      PGPASSWORD: data.PGPASSWORD,
      PGSSLMODE: data.PGSSLMODE,
      PGAPPNAME: "maestroverse-backup",
      ...Object.fromEntries(Object.entries(optional).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    },
    directory: data.BACKUP_DIRECTORY,
    bucket: data.BACKUP_BUCKET,
    prefix: data.BACKUP_PREFIX,
    kmsKey: data.BACKUP_KMS_KEY,
    recipients: data.BACKUP_RECIPIENTS,
    retentionDays: data.BACKUP_RETENTION_DAYS,
    region: data.AWS_REGION,
  };
}
