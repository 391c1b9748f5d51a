import { ENVIRONMENTS, parseSettings, SETTING_KEYS, type Settings } from "../../config";
import { problemsOf, rawSettings, stackFile, TODAY, withValue } from "../helpers/raw-settings";

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
    const settings: Settings = parseSettings(stack, rawSettings(stack), TODAY);
    expect(settings.edge.rateLimit).toMatchObject({ requestsPerMinute: 100, burst: 20, ipv6PrefixLength: 64, exemptPaths: ["/health"] });
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
    const settings = parseSettings("prod", rawSettings("prod"), TODAY);
    expect(settings.hosts.api).toBe("api.maestroverse.edu");
    expect(settings.corsOrigins).toEqual(["https://app.maestroverse.edu", "https://admin.maestroverse.edu"]);
  });

  it("explain every key with a comment on the line above its block", () => {
    for (const stack of ENVIRONMENTS) {
      const lines = stackFile(stack).split("\n");
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
    ["corsOrigins", ["*"], "corsOrigins[0] must be https://host without path or wildcard"],
    ["corsOrigins", [], "corsOrigins must be a list of 1 to 20 origins"],
    ["web.replicas.minimum", 0, "web.replicas.minimum must be 1 to 50 (pods), got 0"],
    ["web.cpuTargetPercent", 101, "web.cpuTargetPercent must be 1 to 100 (percent), got 101"],
    ["edge.hsts.ramp.0.maxAgeSeconds", 600, "edge.hsts.ramp[0].maxAgeSeconds must be 300, 86400, 31536000 (seconds), got 600"],
    ["edge.rateLimit.trustedProxies", ["128.0.0.0/1"], "edge.rateLimit.trustedProxies[0] must be a block of your own"],
    ["backups.maximumAgeHours", 24, "backups.maximumAgeHours must be 25 to 72 (hours), got 24"],
    ["secrets.rotateEveryDays", 91, "secrets.rotateEveryDays must be 1 to 90 (days), got 91"],
    [
      "secrets.generations.JWT_SECRET.rotatedOn",
      "01.11.2026",
      "secrets.generations.JWT_SECRET.rotatedOn must be a calendar date YYYY-MM-DD",
    ],
    [
      "edge.rateLimit.trustedProxies",
      ["0.0.0.0/0"],
      "edge.rateLimit.trustedProxies[0] must be a block of your own (IPv4 /8 or smaller, IPv6 /19 or smaller), not the internet",
    ],
    ["edge.waf.evaluationWindowSeconds", 45, "edge.waf.evaluationWindowSeconds must be 60, 120, 300 or 600 (seconds), got 45"],
    ["backups.retentionDays", 4000, "backups.retentionDays must be 30 to 3650 (days), got 4000"],
    ["aws.region", "cn-north-1", "aws.region must be an AWS region such as us-east-1, not of China or the US government's clouds"],
    ["aws.secondRegion", "us-gov-west-1", "aws.secondRegion must be an AWS region such as us-east-1, not of China"],
    ["backups.schedule", "at two", "backups.schedule must be a cron expression of five fields"],
    [
      "backups.ageRecipients",
      ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q"],
      'backups.ageRecipients[0] must be a public key of age: age1 and 58 letters and digits, copied whole, got "age1ql3z7hjy54pw3hyww',
    ],
    ["backups.ageRecipients", "none", 'backups.ageRecipients must be a list of public keys of age, got "none"'],
    ["backups.timeZone", "Mars/Olympus", "backups.timeZone must be an IANA time zone such as Etc/UTC"],
    ["observability.uptime.intervalSeconds", 300, "observability.uptime.intervalSeconds must be 30 or 60 (seconds)"],
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

  it.each([
    ["backups.ageRecipients", ["AGE-SECRET-KEY-1EX0EX0EX0"], "backups.ageRecipients[0] must be a public key of age (age1…, "],
    ["backups.ageRecipients", "AGE-SECRET-KEY-1EX0", "backups.ageRecipients must be a list of public keys of age, "],
    ["backups.bucket", "age-secret-key-1ex0ex0ex0 ", "backups.bucket must be an S3 bucket name: "],
  ])("does not repeat an identity of age that stands in %s", (path, value, problem) => {
    const [line, ...more] = problemsOf(withValue(rawSettings("prod"), path, value));
    expect([more, line?.toLowerCase().includes("ex0"), line?.includes(problem), line?.includes(", got (hidden).")]).toEqual([
      [],
      false,
      true,
      true,
    ]);
  });

  it("ends with the command that mends it", () => {
    expect(problemsOf(withValue(rawSettings("prod"), "backups.retentionDays", 4000))).toEqual([
      "prod: backups.retentionDays must be 30 to 3650 (days), got 4000. Fix: pulumi config set --path 'backups.retentionDays' <value> --stack prod",
    ]);
  });

  it.each([
    ["image.tag", 1234567, "image.tag must be text, in quotes: a git SHA in lower case"],
    ["aws.accountId", 111122223333, "aws.accountId must be text, in quotes: an AWS account number of 12 digits"],
    ["onCall.teamHandle", true, "onCall.teamHandle must be a DNS label"],
    ["aws.accountId", "1111", "aws.accountId must be an AWS account number of 12 digits"],
  ])("says how the CLI takes %s = %j for text", (path, value, problem) => {
    const [line, ...more] = problemsOf(withValue(rawSettings("prod"), path, value));
    expect(more).toEqual([]);
    expect(line).toContain(problem);
    expect(line?.split(" Fix: ")[1]).toBe(`pulumi config set --type string --path '${path}' <value> --stack prod`);
  });

  it("names an element, a key of a section and an element of a list as the CLI takes them", () => {
    const fix = (path: string, value: unknown) =>
      problemsOf(withValue(rawSettings("prod"), path, value)).map((line) => line.split(/(?: Fix| it): /)[1]);
    expect(fix("onCall.people.1.email", "nobody")).toEqual(["pulumi config set --path 'onCall.people[1].email' <value> --stack prod"]);
    expect(fix("hosts", undefined)).toEqual(["pulumi config set --path 'hosts.<key>' <value> --stack prod"]);
    expect(fix("backups.method", "rds")).toEqual(["pulumi config set --path 'backups.rds.<key>' <value> --stack prod"]);
    expect(fix("corsOrigins", [])).toEqual(["pulumi config set --path 'corsOrigins[<index>]' <value> --stack prod"]);
    expect(fix("edge.two words", 1)).toEqual([`pulumi config rm --path 'edge["two words"]' --stack prod`]);
  });

  it("accepts a digest instead of a tag", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const raw = withValue(withValue(rawSettings("prod"), "image.tag", undefined), "image.digest", digest);
    expect(problemsOf(raw)).toEqual([]);
  });
});
