import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ENVIRONMENTS, parseSettings, SETTING_KEYS, type Settings, SettingsError } from "../../config";

const ROOT = join(__dirname, "../..");

function rawSettings(stack: string): Record<string, unknown> {
  const file = parse(readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8")) as { config: Record<string, unknown> };
  return Object.fromEntries(Object.entries(file.config).map(([key, value]) => [key.replace(/^maestroverse-ops:/, ""), value]));
}

/** Sets one value by its path; `undefined` removes it. */
function withValue(raw: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> {
  const copy = structuredClone(raw);
  const keys = path.split(".");
  const last = keys.pop() as string;
  const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

function problemsOf(raw: Record<string, unknown>, stack = "prod"): readonly string[] {
  try {
    parseSettings(stack, raw);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

/** Paths of all keys, in the order in which the file has them. */
function paths(value: unknown, prefix = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [prefix];
  return Object.entries(value).flatMap(([key, inner]) => [prefix === "" ? key : `${prefix}.${key}`, ...paths(inner, `${prefix}.${key}`)]);
}

describe("the committed stacks", () => {
  it.each(ENVIRONMENTS)("accepts Pulumi.%s.yaml", (stack) => {
    expect(problemsOf(rawSettings(stack), stack)).toEqual([]);
  });

  it("have the same keys in the same order in prod and staging", () => {
    expect(paths(rawSettings("staging"))).toEqual(paths(rawSettings("prod")));
  });

  it("name every top-level section in the schema's order", () => {
    for (const stack of ENVIRONMENTS) expect(Object.keys(rawSettings(stack))).toEqual(SETTING_KEYS);
  });

  it.each(["prod", "staging"])("hold the runbook's numbers in %s", (stack) => {
    const settings: Settings = parseSettings(stack, rawSettings(stack));
    expect(settings.edge.rateLimit).toEqual({ requestsPerMinute: 100, burst: 20, ipv6PrefixLength: 64 });
    expect(settings.backups).toMatchObject({ method: "pg_dump", schedule: "0 2 * * *", timeZone: "Etc/UTC", retentionDays: 30 });
    expect(settings.secrets.rotateEveryDays).toBe(90);
    expect(settings.observability).toMatchObject({
      errorsPerFiveMinutes: 5,
      cpuPercent: 80,
      memoryPercent: 75,
      databaseConnectionsPercent: 80,
      uptime: { intervalSeconds: 60, consecutiveFailures: 2 },
    });
    expect(settings.web).toMatchObject({ cpuTargetPercent: 80, memoryTargetPercent: 75 });
  });

  it("serve the runbook's host and origins in prod", () => {
    const settings = parseSettings("prod", rawSettings("prod"));
    expect(settings.hosts.api).toBe("api.maestroverse.edu");
    expect(settings.corsOrigins).toEqual(["https://app.maestroverse.edu", "https://admin.maestroverse.edu"]);
  });

  it("explain every key with a comment on the line above its block", () => {
    for (const stack of ENVIRONMENTS) {
      const lines = readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8").split("\n");
      const bare = lines.filter((line, index) => /^ {2}maestroverse-ops:/.test(line) && !/^ {2}#/.test(lines[index - 1] ?? ""));
      expect(bare).toEqual([]);
    }
  });
});

describe("a wrong setting", () => {
  const cases: [path: string, value: unknown, problem: string][] = [
    ["image.tag", "latest", "image.tag must be a git SHA in lower case"],
    ["image.tag", "", "image.tag must be a git SHA in lower case"],
    ["image.tag", "v1.2.3", "image.tag must be a git SHA in lower case"],
    ["image.tag", "main", "image.tag must be a git SHA in lower case"],
    ["image.tag", undefined, "image must be an image with a tag (git short SHA) or a digest (sha256:…)"],
    ["image.digest", "sha256:abc", "image.digest must be sha256: and 64 hex digits"],
    ["image.repository", "registry.example.com/maestroverse/server:latest", "image.repository must be a registry and repository"],
    ["backups.image.tag", "latest", "backups.image.tag must be a git SHA in lower case"],
    ["hosts.api", "https://api.maestroverse.edu", "hosts.api must be a DNS host name without scheme, port or wildcard"],
    ["hosts.api", "*.maestroverse.edu", "hosts.api must be a DNS host name without scheme, port or wildcard"],
    ["corsOrigins", ["*"], "corsOrigins.0 must be https://host without path or wildcard"],
    ["corsOrigins", [], "corsOrigins must be a list of 1 to 20 origins"],
    ["web.replicas.minimum", 1, "web.replicas.minimum must be 2 to 50. Raise it, or set web.allowSingleReplica: true, got 1"],
    ["web.replicas.minimum", 0, "web.replicas.minimum must be 1 to 50 (pods), got 0"],
    ["web.replicas.maximum", 2, "web.replicas must be maximum at least as large as minimum"],
    ["web.cpuTargetPercent", 101, "web.cpuTargetPercent must be 1 to 100 (percent), got 101"],
    ["web.terminationGraceSeconds", 12, "web.terminationGraceSeconds must be at least web.drainSeconds + 5"],
    ["cluster.migrationsNamespace", "maestroverse", "cluster.migrationsNamespace must be another namespace than cluster.namespace"],
    ["database.sslMode", "disable", "database.sslMode must be verify-full outside the rehearsal"],
    ["database.poolSizePerPod", 50, "need 555 connections, 190 are available"],
    ["edge.hsts.maxAgeSeconds", 300, "edge.hsts.maxAgeSeconds must be 15552000 to 63072000 (seconds), got 300"],
    ["edge.trustedProxies", ["128.0.0.0/1"], "edge.trustedProxies.0 must be a block of your own"],
    ["backups.maximumAgeHours", 24, "backups.maximumAgeHours must be 25 to 72 (hours), got 24"],
    ["secrets.rotateEveryDays", 91, "secrets.rotateEveryDays must be 1 to 90 (days), got 91"],
    [
      "secrets.generations.JWT_SECRET.rotatedOn",
      "01.11.2026",
      "secrets.generations.JWT_SECRET.rotatedOn must be a calendar date YYYY-MM-DD",
    ],
    [
      "edge.trustedProxies",
      ["0.0.0.0/0"],
      "edge.trustedProxies.0 must be a block of your own (IPv4 /8 or smaller, IPv6 /19 or smaller), not the internet",
    ],
    ["edge.waf.evaluationWindowSeconds", 45, "edge.waf.evaluationWindowSeconds must be 60, 120, 300 or 600 (seconds), got 45"],
    ["backups.retentionDays", 4000, "backups.retentionDays must be 30 to 3650 (days), got 4000"],
    ["backups.schedule", "at two", "backups.schedule must be a cron expression of five fields"],
    ["backups.timeZone", "Mars/Olympus", "backups.timeZone must be an IANA time zone such as Etc/UTC"],
    ["backups.secondRegionBucket", "maestroverse-prod-backups", "backups.secondRegionBucket must be another name than backups.bucket"],
    ["backups.method", "rds", "backups.rds must be present when backups.method is rds or both, got nothing"],
    ["aws.secondRegion", "us-east-1", "aws.secondRegion must be another region than aws.region"],
    ["aws.endpoint", "http://127.0.0.1:5000", "aws.endpoint must be absent outside the rehearsal"],
    ["observability.uptime.intervalSeconds", 300, "observability.uptime.intervalSeconds must be 30 or 60 (seconds)"],
    ["onCall.leadEmail", "nobody@maestroverse.edu", "onCall.leadEmail must be the e-mail address of one of onCall.people"],
    ["webb", {}, "webb is not a setting. Remove it: pulumi config rm --path 'webb' --stack prod"],
    ["edge.rateLimit.perSecond", 2, "edge.rateLimit.perSecond is not a setting"],
    ["hosts", undefined, "hosts must be a section with its settings, got nothing"],
  ];

  it.each(cases)("refuses %s = %j", (path, value, problem) => {
    const problems = problemsOf(withValue(rawSettings("prod"), path, value));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`prod: `);
    expect(problems[0]).toContain(problem);
  });

  it("ends with the command that mends it", () => {
    expect(problemsOf(withValue(rawSettings("prod"), "backups.retentionDays", 4000))).toEqual([
      "prod: backups.retentionDays must be 30 to 3650 (days), got 4000. Fix: pulumi config set --path 'backups.retentionDays' <value> --stack prod",
    ]);
  });

  it("is reported together with all the others", () => {
    let raw = rawSettings("prod");
    for (const [path, value] of [
      ["image.tag", "latest"],
      ["backups.retentionDays", 4000],
      ["edge.rateLimit.burst", -1],
      ["surprise", true],
    ] as const)
      raw = withValue(raw, path, value);
    expect(problemsOf(raw).map((line) => line.split(" ")[1])).toEqual([
      "image.tag",
      "edge.rateLimit.burst",
      "backups.retentionDays",
      "surprise",
    ]);
  });

  it("accepts a single replica that is asked for by name", () => {
    const raw = withValue(withValue(rawSettings("prod"), "web.replicas.minimum", 1), "web.allowSingleReplica", true);
    expect(problemsOf(raw)).toEqual([]);
  });

  it("accepts a digest instead of a tag", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const raw = withValue(withValue(rawSettings("prod"), "image.tag", undefined), "image.digest", digest);
    expect(problemsOf(raw)).toEqual([]);
  });
});
