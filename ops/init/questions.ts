/** What has to be known of a new stack: each question, its flag, what is proposed, and the settings that its answer gives. */
import { existsSync, readFileSync } from "node:fs";

/** What is known when a question is asked. */
export interface Known {
  readonly stack: string;
  /** Answers so far, by question. */
  readonly answers: Answers;
}

/** One value, or several of a list. */
export type Answers = Readonly<Record<string, readonly string[]>>;

/** A question. */
export interface Question {
  /** The flag's name: `--api-host`. */
  readonly flag: string;
  /** What the flag takes; `...` behind it: one or more. */
  readonly takes: string;
  /** The question, without its mark. */
  readonly text: string;
  /** At a terminal, what separates the values of a list. */
  readonly separator?: RegExp;
  /** Whether a list may have no value: an empty answer at a terminal, the flag with `none`. */
  readonly mayBeNone?: true;
  /** What is taken when nothing is said. */
  propose?(known: Known): readonly string[];
  /** Settings by path. @throws Error that says what is wrong with the answer */
  settings(values: readonly string[], known: Known): Readonly<Record<string, unknown>>;
}

const LIST = /[\s,]+/;

/** A question whose answer is one setting as it stands. */
const plain =
  (path: string): Question["settings"] =>
  ([value = ""]) => ({ [path]: value });

/** A question whose answer is a list. */
const list =
  (path: string): Question["settings"] =>
  (values) => ({ [path]: values });

export const QUESTIONS: readonly Question[] = [
  { flag: "api-host", takes: "<host>", text: "Public host name of the API", settings: plain("hosts.api") },
  {
    flag: "origins",
    takes: "<origin...>",
    text: "Origins that browsers may call it from",
    separator: LIST,
    propose: ({ answers }) => {
      const domain = (answers["api-host"]?.[0] ?? "").replace(/^[^.]*\./, "");
      return [`https://app.${domain}`, `https://admin.${domain}`];
    },
    settings: list("corsOrigins"),
  },
  {
    flag: "image",
    takes: "<repository:tag>",
    text: "The server's image, with the git short SHA that it was built from: registry/maestroverse/server:1a2b3c4",
    settings: ([value = ""]) => ({ image: imageOf(value, "server") }),
  },
  {
    flag: "ops-image",
    takes: "<repository:tag>",
    text: "The nightly dump's image, with its git short SHA: registry/maestroverse/ops:1a2b3c4",
    settings: ([value = ""]) => ({ "backups.image": imageOf(value, "ops") }),
  },
  {
    flag: "context",
    takes: "<name>",
    text: "Context of the cluster in your kubeconfig",
    propose: ({ stack }) => [`maestroverse-${stack}`],
    settings: plain("cluster.context"),
  },
  {
    flag: "oidc-provider",
    takes: "<host/path>",
    text: "The cluster's OIDC provider (aws eks describe-cluster --query cluster.identity.oidc.issuer)",
    settings: ([value = ""]) => ({ "backups.oidcProvider": value.replace(/^https:\/\//, "") }),
  },
  {
    flag: "trusted-proxies",
    takes: "<cidr...>",
    text: "Address blocks of the load balancer, whose X-Forwarded-For is believed",
    separator: LIST,
    mayBeNone: true,
    settings: list("edge.rateLimit.trustedProxies"),
  },
  { flag: "database-host", takes: "<host>", text: "Host name of PostgreSQL", settings: plain("database.host") },
  {
    flag: "database-cidrs",
    takes: "<cidr...>",
    text: "Address blocks in which pods reach the database",
    separator: LIST,
    settings: list("cluster.databaseCidrs"),
  },
  {
    flag: "database-ca",
    takes: "<file>",
    text: "File with the certificates (PEM) that the database's is checked against; of RDS: its region's bundle",
    settings: ([file = ""]) => ({ "database.certificateAuthority.pem": certificatesOf(file) }),
  },
  { flag: "account-id", takes: "<number>", text: "AWS account (12 digits), of this stack alone", settings: plain("aws.accountId") },
  { flag: "region", takes: "<region>", text: "AWS region", propose: () => ["us-east-1"], settings: plain("aws.region") },
  {
    flag: "second-region",
    takes: "<region>",
    text: "AWS region of the copies",
    propose: ({ answers }) => [answers.region?.[0] === "us-west-2" ? "us-east-1" : "us-west-2"],
    settings: plain("aws.secondRegion"),
  },
  {
    flag: "bucket",
    takes: "<name>",
    text: "S3 bucket of the nightly dumps, a name that nobody in the world has yet (the copy's is NAME-copy)",
    propose: ({ stack }) => [`maestroverse-${stack}-backups`],
    settings: ([value = ""]) => ({ "backups.bucket": value, "backups.secondRegionBucket": `${value}-copy` }),
  },
  {
    flag: "datadog-site",
    takes: "<site>",
    text: "Datadog site",
    propose: () => ["datadoghq.com"],
    settings: ([site = ""]) => ({
      "observability.datadogApiUrl": `https://api.${site}/`,
      // us5.datadoghq.com is where people go; of datadoghq.com it is app.datadoghq.com.
      "observability.datadogAppUrl": `https://${site.split(".").length > 2 ? "" : "app."}${site}`,
    }),
  },
  {
    flag: "on-call",
    takes: "<person...>",
    text: "Who is on call, in order, the lead first: Name <e-mail> Datadog-user-id; two at least, separated by semicolons",
    separator: /\s*;\s*/,
    settings: (values) => {
      const people = values.map(personOf);
      return { "onCall.people": people, "onCall.leadEmail": people[0]?.email };
    },
  },
  {
    flag: "time-zone",
    takes: "<zone>",
    text: "Their time zone",
    propose: () => ["America/New_York"],
    settings: plain("onCall.timeZone"),
  },
];

/** `registry/maestroverse/name:tag` or `…@sha256:…`: the gate takes images of a registry's maestroverse repository only. */
function imageOf(text: string, name: string): { repository: string; tag: string } | { repository: string; digest: string } {
  const [, repository = "", sign, rest = ""] = /^(.*?)(@|:)([^:/@]+|sha256:[^:/@]+)$/.exec(text) ?? [];
  if (sign === undefined || !new RegExp(`\\..*/maestroverse/${name}$`).test(repository))
    throw new Error(
      `must be registry/maestroverse/${name}:git-short-SHA or registry/maestroverse/${name}@sha256:…, got ${JSON.stringify(text)}.`,
    );
  return sign === "@" ? { repository, digest: rest } : { repository, tag: rest };
}

/** `Avery Lindqvist <avery@example.org> 5a1d7b0e-…`. */
function personOf(text: string): { name: string; email: string; datadogUserId: string } {
  const [, name = "", email = "", datadogUserId = ""] = /^\s*([^<>]*\S)\s*<([^<>]+)>\s*(\S+)\s*$/.exec(text) ?? [];
  if (name === "") throw new Error(`must be "Name <e-mail> Datadog-user-id", got ${JSON.stringify(text)}.`);
  return { name, email, datadogUserId };
}

function certificatesOf(file: string): string {
  if (!existsSync(file)) throw new Error(`must be a file with certificates (PEM), got ${JSON.stringify(file)}, which is not there.`);
  return readFileSync(file, "utf8");
}
