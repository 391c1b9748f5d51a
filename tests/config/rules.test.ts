/** What the values of a stack mean together: the components' rules, told by the settings that they are about, and those between sections. */
import { problemsOf, type RawSettings, rawSettings, withValue, withValues } from "../helpers/raw-settings";

const PROD = rawSettings("prod");
/** What is wrong, without the stack and the fix. */
const told = (raw: RawSettings, stack = "prod") =>
  problemsOf(raw, stack).map((line) => line.replace(/^\w+: /, "").replace(/ Fix: .*$/, ""));
const GENERATION = { generation: 1, rotatedOn: "2026-11-01", overlap: false };

describe("settings that a component refuses", () => {
  const cases: [path: string, value: unknown, problem: string][] = [
    ["cluster.namespace", "kube-public", 'cluster.namespace must be none that the cluster came with, got "kube-public"'],
    ["cluster.migrationsNamespace", "default", 'cluster.migrationsNamespace must be none that the cluster came with, got "default"'],
    ["cluster.migrationsNamespace", "maestroverse", "cluster.migrationsNamespace must be another namespace than namespace"],
    ["web.replicas.minimum", 1, "web.replicas.minimum must be 2 or more, got 1. Raise it, or set allowSingleReplica: true"],
    ["web.replicas.maximum", 2, "web.replicas.maximum must be at least replicas.minimum (3), got 2"],
    ["web.cpuLimitMillicores", 100, "web.cpuLimitMillicores must be at least cpuRequestMillicores (250), got 100"],
    ["web.memoryLimitMebibytes", 256, "web.memoryLimitMebibytes must be at least memoryRequestMebibytes (512), got 256"],
    [
      "database.roles.app.overlap",
      true,
      "database.roles.app.overlap must be false or next for generation 1, got true: there is none before it",
    ],
    ["database.roles.backup.overlap", true, "database.roles.backup.overlap must be false, got true: a PostgreSQL role has one password"],
    ["secrets.generations.JWT_SECRET.overlap", true, "secrets.generations.JWT_SECRET.overlap must be false for generation 1, got true"],
    [
      "secrets.generations.CSRF_SECRET",
      { ...GENERATION, generation: 2, overlap: true },
      "secrets.generations.CSRF_SECRET.overlap must be false, got true: the application does not read CSRF_SECRET_ROLLING",
    ],
    ["backups.schedule", "0 25 * * *", 'backups.schedule must be a cron expression of five fields in an IANA time zone, got "0 25 * * *"'],
    ["backups.objectLockDays", 31, "backups.objectLockDays must be 1 to retentionDays (30), got 31"],
    ["backups.secondRegionBucket", "maestroverse-prod-backups", "backups.secondRegionBucket must be another bucket than bucket"],
    ["backups.method", "both", "backups.rds must be given when method is both, got nothing"],
    ["aws.secondRegion", "us-east-1", "aws.secondRegion must be another region than region, got us-east-1 for both"],
    ["edge.nginx.httpPort", 443, "edge.nginx.httpsPort must be another port than nginx.httpPort, got 443"],
    ["edge.nginx.upstream", "app.svc:70000", 'edge.nginx.upstream must be host:port, got "app.svc:70000"'],
    ["edge.nginx.certificateDirectory", "/etc/../root", "edge.nginx.certificateDirectory must be a path of letters, digits and _ . -"],
    [
      "cluster.ingressController.kind",
      "ingress-nginx",
      "cluster.ingressController.kind must be f5 for burst 20 at 100/min over 2 replicas",
    ],
    [
      "edge.waf.resourceArn",
      "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/net/api/0123456789abcdef",
      "edge.waf.resourceArn must be the ARN of an application load balancer",
    ],
    ["observability.runbookBaseUrl", "https://wiki.example.com/?page=1", "observability.runbookBaseUrl must be an https URL of a folder"],
    ["observability.runbookBaseUrl", "https://wiki.example.com/#top", "observability.runbookBaseUrl must be an https URL of a folder"],
    ["onCall.timeZone", "Mars/Olympus", 'onCall.timeZone must be an IANA time zone, got "Mars/Olympus"'],
    ["onCall.people.1.email", "avery.lindqvist@maestroverse.edu", "onCall.people must differ in email"],
    ["onCall.leadEmail", "nobody@maestroverse.edu", "onCall.leadEmail must be the e-mail of one of onCall.people"],
  ];

  it.each(cases)("are refused before: %s = %j", (path, value, problem) => {
    const problems = told(withValue(PROD, path, value));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it("are refused in staging for a team that is prod's", () => {
    expect(told(withValue(rawSettings("staging"), "onCall.teamHandle", "maestroverse-ops"), "staging")).toEqual([
      'onCall.teamHandle must end in -staging, got "maestroverse-ops": staging must never page prod\'s on-call. Give it a team of its own.',
    ]);
  });

  it("end with the command that mends them", () => {
    expect(problemsOf(withValue(PROD, "edge.nginx.httpPort", 443))).toEqual([
      "prod: edge.nginx.httpsPort must be another port than nginx.httpPort, got 443. Change one of them. " +
        "Fix: pulumi config set --path 'edge.nginx.httpsPort' <value> --stack prod",
    ]);
  });
});

describe("seconds from the termination signal to the kill", () => {
  it.each([
    [10, 45],
    [60, 95],
  ])("are the drain (%d), 30 for the longest request and 5 to exit at least", (drainSeconds, least) => {
    const problems = (terminationGraceSeconds: number) =>
      told(
        withValues(PROD, {
          "web.drainSeconds": drainSeconds,
          "web.terminationGraceSeconds": terminationGraceSeconds,
          "database.maxConnections": 1000,
        }),
      );
    expect(problems(least)).toEqual([]);
    expect(problems(least - 1)).toEqual([
      `web.terminationGraceSeconds must be at least drainSeconds + 30 for the longest request + 5 to exit (${least}), got ${least - 1}. ` +
        "Raise it: a request under way would be cut off.",
    ]);
  });
});

describe("outside the rehearsal", () => {
  it.each([
    ["database.sslMode", "disable", "database.sslMode must be verify-full"],
    ["aws.endpoint", "http://127.0.0.1:5000", "aws.endpoint must be absent outside the rehearsal"],
    ["observability.datadogApiUrl", "http://127.0.0.1:1/", "observability.datadogApiUrl must be an https URL outside the rehearsal"],
    ["observability.datadogAppUrl", "http://app.example.com", "observability.datadogAppUrl must be an https URL outside the rehearsal"],
    ["cluster.databaseCidrs", ["10.0.0.0/24", "127.0.0.0/8"], "cluster.databaseCidrs[1] must be no loopback address outside the rehearsal"],
  ])("refuses %s = %j", (path, value, problem) => {
    const problems = told(withValue(PROD, path, value));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
});

it("counts the connections of all pods, and names every setting that decides", () => {
  const [line, ...more] = told(withValue(PROD, "database.maxConnections", 50));
  expect(more).toEqual([]);
  expect(line).toMatch(
    /^database\.poolSizePerPod must be at most \d: .* = 40 \(web\.replicas\.maximum, web\.minReadySeconds, web\.terminationGraceSeconds, database\.maxConnections and database\.reservedConnections decide too\), got 10\.$/,
  );
});

it.each(["database.roles.app.rotatedOn", "secrets.generations.JWT_SECRET.rotatedOn"])("refuses a rotation of tomorrow: %s", (path) => {
  const at = (now: string) => problemsOf(withValue(PROD, path, "2026-11-21"), "prod", new Date(now));
  expect(at("2026-11-21T00:00:00Z")).toEqual([]);
  expect(at("2026-11-20T23:59:59Z")).toEqual([
    `prod: ${path} must be today (2026-11-20, UTC) or earlier, got "2026-11-21". Fix: pulumi config set --path '${path}' <value> --stack prod`,
  ]);
});

describe("an overlap", () => {
  it("lasts at least as long as what the old value signed, counted from the rollout's start", () => {
    const least = 43_200 + (10 * 15 + 45) + 10;
    expect(told(withValue(PROD, "secrets.overlapSeconds", least))).toEqual([]);
    expect(told(withValue(PROD, "secrets.overlapSeconds", least - 1))).toEqual([
      `secrets.overlapSeconds must be at least ${least}: 43200 for the longest token (secrets.tokenSeconds), 195 for a rollout (web.replicas.maximum, web.minReadySeconds, web.terminationGraceSeconds) and 10 for clocks that differ, got ${least - 1}.`,
    ]);
    expect(told(withValue(PROD, "secrets.tokenSeconds.access", 46_700))).toHaveLength(1);
  });

  it("says since when the old value was current, and only then", () => {
    const jwt = (value: object) => told(withValue(PROD, "secrets.generations.JWT_SECRET", value));
    const published = { generation: 2, rotatedOn: "2026-11-20", overlap: true };
    expect(jwt({ ...published, previousRotatedOn: "2026-11-01" })).toEqual([]);
    expect(jwt(published)).toEqual([]);
    expect(jwt({ ...published, previousRotatedOn: "2026-11-21" })).toEqual([
      'secrets.generations.JWT_SECRET.previousRotatedOn must be rotatedOn (2026-11-20) or earlier, got "2026-11-21".',
    ]);
    expect(jwt({ ...published, overlap: false, previousRotatedOn: "2026-11-01" })).toEqual([
      'secrets.generations.JWT_SECRET.previousRotatedOn must be absent unless overlap is true, got "2026-11-01".',
    ]);
  });

  it.each([["soon"], [1]])("is false, next or true, not %p", (overlap) => {
    const [problem] = told(withValue(PROD, "secrets.generations.JWT_SECRET.overlap", overlap));
    expect(problem).toContain("secrets.generations.JWT_SECRET.overlap must be false, next or true, got ");
  });
});

it("accepts a single replica that is asked for by name", () => {
  expect(told(withValues(PROD, { "web.replicas.minimum": 1, "web.allowSingleReplica": true }))).toEqual([]);
});

it("refuses the settings of another stack", () => {
  expect(problemsOf(PROD, "staging")).toEqual([
    "staging: environment must be the stack's name, got prod. Fix: pulumi config set environment staging --stack staging",
  ]);
});

describe("all problems at once", () => {
  /** Settings that are wrong, of each line. */
  const names = (raw: RawSettings) => told(raw).map((line) => line.split(" ")[0]);

  it("are of the schema and of the components, in the order of the file", () => {
    const wrong = {
      "image.tag": "latest",
      "backups.retentionDays": 4000,
      "edge.rateLimit.burst": -1,
      "edge.nginx.httpPort": 443,
      "onCall.timeZone": "Mars/Olympus",
      "web.drainSeconds": 60,
      surprise: true,
    };
    expect(names(withValues(PROD, wrong))).toEqual([
      "image.tag",
      "web.terminationGraceSeconds",
      "edge.rateLimit.burst",
      "edge.nginx.httpsPort",
      "backups.retentionDays",
      "onCall.timeZone",
      "surprise",
    ]);
  });

  it.each([
    ["a value of another type", { "edge.rateLimit.burst": "twenty" }, ["edge.rateLimit.burst"]],
    ["a missing value", { "edge.hsts.preload": undefined }, ["edge.hsts.preload"]],
    ["a missing part", { "edge.waf": undefined }, ["edge.waf"]],
    ["a missing section", { web: undefined }, ["web"]],
    ["a list for a section", { "onCall.handover": [] }, ["onCall.handover"]],
    ["nothing but what is missing", { backups: undefined, secrets: undefined }, ["secrets", "backups"]],
  ])("are told beside %s", (_, wrong, expected) => {
    const raw = withValues(PROD, { "edge.nginx.httpPort": 443, "database.roles.app.overlap": true, ...wrong });
    expect(names(raw).sort()).toEqual([...expected, "database.roles.app.overlap", "edge.nginx.httpsPort"].sort());
  });

  it("hold nothing that depends on a value that is refused itself", () => {
    // retentionDays decides about objectLockDays, requestsPerMinute about the WAF's window and the replicas, timeZone about the schedule.
    const wrong = {
      "backups.retentionDays": 1,
      "edge.rateLimit.requestsPerMinute": 0,
      "backups.timeZone": "Mars/Olympus",
      environment: "QA",
    };
    expect(names(withValues(PROD, wrong))).toEqual([
      "environment",
      "edge.rateLimit.requestsPerMinute",
      "backups.timeZone",
      "backups.retentionDays",
    ]);
  });
});
