/** `ops init`: a settings file that is valid, like the others, and holds nothing of theirs. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parseDocument, visit } from "yaml";
import { parseSettings } from "../../config";
import { REPOSITORY } from "../../ops/engine";
import { collectAnswers } from "../../ops/init/ask";
import { editSettings } from "../../ops/init/edit";
import { type Answers, QUESTIONS } from "../../ops/init/questions";
import { settingsText } from "../../ops/init/settings-text";
import { CHECKLIST_RULES } from "../../policies/maestroverse-checklist/rules";
import { BASELINE_RULES } from "../../policies/platform-baseline/rules";
import { ownSettings } from "../../settings/stack-file";
import { type EditableResource, findingsIn, runPrograms } from "../helpers/policy-stack";
import { stackFile } from "../helpers/raw-settings";

const NOW = new Date("2026-11-26T12:00:00Z");
const STAGING = stackFile("staging");
const CA = join(REPOSITORY, "tests", "fixtures", "database-authority.pem");
const PEOPLE = [
  "Ada Byron <ada@example.org> 5a1d7b0e-3c52-4f7e-9a41-0c7d5b1e2f01",
  "Grace Hopper <grace@example.org> 5a1d7b0e-3c52-4f7e-9a41-0c7d5b1e2f02",
];

/** What has no proposal. */
const NEEDED: Answers = {
  "api-host": ["api.dev.example.org"],
  image: ["registry.example.org/maestroverse/server:1a2b3c4"],
  "ops-image": ["registry.example.org/maestroverse/ops:1234567"],
  "oidc-provider": ["https://oidc.eks.us-east-1.amazonaws.com/id/00112233445566778899aabbccddeeff"],
  "trusted-proxies": ["10.60.0.0/20", "10.61.0.0/20"],
  "database-host": ["db.dev.example.org"],
  "database-cidrs": ["10.60.30.0/24"],
  "database-ca": [CA],
  "account-id": ["012345678901"],
  "on-call": PEOPLE,
};

const without = (...flags: string[]): Answers => Object.fromEntries(Object.entries(NEEDED).filter(([flag]) => !flags.includes(flag)));
const silent = () => undefined;
const collected = (given: Answers) => collectAnswers("dev", given, undefined, silent);
const written = async (given: Answers, now = NOW) =>
  settingsText({ stack: "dev", template: STAGING, answers: await collected(given), now });
const settingsOf = (text: string) => parseSettings("dev", ownSettings(text, "maestroverse-ops"), NOW);

/** What prettier makes of a file's text: in a process of its own, since it loads itself by import(). */
async function formatted(text: string): Promise<string> {
  const { stdout } = await execa("npx", ["prettier", "--stdin-filepath", "Pulumi.dev.yaml"], {
    cwd: REPOSITORY,
    input: text,
    stripFinalNewline: false,
  });
  return stdout;
}

/** Comments of a file and its keys, in their order. */
function skeleton(text: string): string[] {
  const found: string[] = text.split("\n").flatMap((line) => /^ *(#.*)$/.exec(line)?.[1] ?? []);
  visit(parseDocument(text), { Pair: (_, { key }) => void found.push(String(key)) });
  return found.slice(1);
}

describe("the file", () => {
  it("has the keys, the order and the comments of the one that it is like, as prettier wants it", async () => {
    const text = await written(NEEDED);
    expect(skeleton(text)).toEqual(skeleton(STAGING.replace(/^ +- \{ name: Tomas.*\n/m, "")));
    expect(await formatted(text)).toBe(text);
  });

  it("has nothing of that stack's own", async () => {
    expect(
      (await written(NEEDED)).split("\n").filter((line) => /staging|maestroverse\.edu|registry\.example\.com|10\.40|fedcba/.test(line)),
    ).toEqual([]);
  });

  it("says what was answered", async () => {
    const { environment, hosts, corsOrigins, image, cluster, database, aws, backups, observability, onCall, edge } = settingsOf(
      await written(NEEDED),
    );
    expect({ environment, hosts, corsOrigins, image, aws }).toEqual({
      environment: "dev",
      hosts: { api: "api.dev.example.org" },
      corsOrigins: ["https://app.dev.example.org", "https://admin.dev.example.org"],
      image: { repository: "registry.example.org/maestroverse/server", tag: "1a2b3c4" },
      aws: { accountId: "012345678901", region: "us-east-1", secondRegion: "us-west-2" },
    });
    expect([cluster.context, cluster.databaseCidrs, edge.rateLimit.trustedProxies]).toEqual([
      "maestroverse-dev",
      ["10.60.30.0/24"],
      ["10.60.0.0/20", "10.61.0.0/20"],
    ]);
    expect([database.host, database.certificateAuthority?.pem?.trim()]).toEqual(["db.dev.example.org", readFileSync(CA, "utf8").trim()]);
    expect([backups.bucket, backups.secondRegionBucket, backups.oidcProvider, backups.image]).toEqual([
      "maestroverse-dev-backups",
      "maestroverse-dev-backups-copy",
      "oidc.eks.us-east-1.amazonaws.com/id/00112233445566778899aabbccddeeff",
      { repository: "registry.example.org/maestroverse/ops", tag: "1234567" },
    ]);
    expect([observability.datadogApiUrl, observability.datadogAppUrl]).toEqual(["https://api.datadoghq.com/", "https://app.datadoghq.com"]);
    expect([onCall.teamHandle, onCall.leadEmail, onCall.people.map(({ name }) => name)]).toEqual([
      "maestroverse-ops-dev",
      "ada@example.org",
      ["Ada Byron", "Grace Hopper"],
    ]);
  });

  it("begins everything that ages today, also where the other stack is in the middle of a rotation", async () => {
    const rotating = editSettings(STAGING, {
      "secrets.generations.JWT_SECRET": { generation: 7, rotatedOn: "2026-11-24", overlap: true, previousRotatedOn: "2026-09-01" },
      "edge.hsts.ramp": [
        { maxAgeSeconds: 300, since: "2026-01-01" },
        { maxAgeSeconds: 86400, since: "2026-01-08" },
      ],
    });
    const { secrets, database, edge, onCall } = settingsOf(
      settingsText({ stack: "dev", template: rotating, answers: await collected(NEEDED), now: NOW }),
    );
    const first = { generation: 1, rotatedOn: "2026-11-26", overlap: false };
    expect([...Object.values(secrets.generations), ...Object.values(database.roles)]).toEqual(Array(7).fill(first));
    expect(edge.hsts.ramp).toEqual([{ maxAgeSeconds: 300, since: "2026-11-26" }]);
    expect([onCall.handover.startsOn, onCall.reviewedOn]).toEqual(["2026-11-23", "2026-11-26"]);
  });

  it("takes digests, another site of Datadog, no proxies, names that YAML would read otherwise, and long lists", async () => {
    const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
    const text = await written({
      ...NEEDED,
      image: [`registry.example.org:5000/maestroverse/server@${digest}`],
      "datadog-site": ["us5.datadoghq.com"],
      "trusted-proxies": ["none"],
      "on-call": ["Grace: the [second] <grace@example.org> 12345678-1234-1234-8234-123456789012", ...PEOPLE.slice(0, 1)],
      "database-cidrs": Array.from({ length: 10 }, (_, index) => `2001:db8:1234:5678:${index}::/80`),
    });
    const { image, observability, edge, onCall, cluster } = settingsOf(text);
    expect(image).toEqual({ repository: "registry.example.org:5000/maestroverse/server", digest });
    expect(observability.datadogAppUrl).toBe("https://us5.datadoghq.com");
    expect(edge.rateLimit.trustedProxies).toEqual([]);
    expect(onCall.people[0]).toEqual({
      name: "Grace: the [second]",
      email: "grace@example.org",
      datadogUserId: "12345678-1234-1234-8234-123456789012",
    });
    expect(cluster.databaseCidrs).toHaveLength(10);
    expect(await formatted(text)).toBe(text);
  });
});

it("passes the gate", async () => {
  // The program has no other day than today.
  const settings = ownSettings(await written(NEEDED, new Date()), "maestroverse-ops");
  const [run] = await runPrograms([{ stack: "dev", preview: true, settings }]);
  expect(run?.refused).toBeUndefined();
  const resources = JSON.parse(JSON.stringify(run?.resources)) as EditableResource[];
  expect(resources.length).toBeGreaterThan(100);
  expect(findingsIn([...CHECKLIST_RULES, ...BASELINE_RULES], resources, new Date())).toEqual([]);
}, 60_000);

describe("refuses", () => {
  it("to go on without what it cannot propose, and says all of it at once", async () => {
    await expect(collected(without("image", "account-id"))).rejects.toThrow(
      [
        "dev: nothing was written.",
        "  --image <repository:tag> is missing: The server's image, with the git short SHA that it was built from: registry/maestroverse/server:1a2b3c4.",
        "  --account-id <number> is missing: AWS account (12 digits), of this stack alone.",
      ].join("\n"),
    );
  });

  it.each([
    ["account-id", ["123"], '--account-id must be an AWS account number of 12 digits, in quotes, got "123".'],
    ["image", ["registry.example.org/maestroverse/server:latest"], "--image must be a git SHA in lower case"],
    ["image", ["registry.example.org/maestroverse/server"], "--image must be registry/maestroverse/server:git-short-SHA or"],
    ["ops-image", ["registry.example.org/ops:1a2b3c4"], "--ops-image must be registry/maestroverse/ops:git-short-SHA or"],
    ["on-call", PEOPLE.slice(1), "--on-call must be a list of 2 to 20 people, so that somebody can fall ill"],
    ["on-call", ["Ada"], '--on-call must be "Name <e-mail> Datadog-user-id", got "Ada".'],
    ["trusted-proxies", ["0.0.0.0/0"], "--trusted-proxies must be a block of your own"],
    ["database-ca", ["/nowhere.pem"], '--database-ca must be a file with certificates (PEM), got "/nowhere.pem", which is not there.'],
    ["origins", ["https://app.example.org/path"], "--origins must be https://host without path or wildcard"],
  ])("a wrong --%s %s", async (flag, values, problem) => {
    await expect(collected({ ...NEEDED, [flag]: values })).rejects.toThrow(problem);
  });

  it("what only the whole shows, in the words of the flag", async () => {
    await expect(written({ ...NEEDED, "second-region": ["us-east-1"], "time-zone": ["America/Gotham"] })).rejects.toThrow(
      /^dev: these settings would be refused; nothing was written\.\n {2}- dev: aws\.secondRegion .* Give another --second-region\.\n {2}- dev: onCall\.timeZone .* Give another --time-zone\.$/,
    );
  });
});

describe("at a terminal", () => {
  it("asks, proposes, and asks again after an answer that is refused", async () => {
    const lines: Record<string, string[]> = {
      "AWS account": ["12", "123456789012"],
      "Address blocks of the load balancer": [""],
      Origins: ["https://one.example.org, https://two.example.org"],
      "Who is on call": ["", PEOPLE.join("; ")],
    };
    const asked: string[] = [];
    const complaints: string[] = [];
    const given = without("account-id", "trusted-proxies", "on-call");
    const answers = await collectAnswers(
      "dev",
      given,
      (question) => {
        asked.push(question);
        const [, typed = []] = Object.entries(lines).find(([start]) => question.startsWith(start)) ?? [];
        return Promise.resolve(typed.shift() ?? "");
      },
      (problem) => complaints.push(problem),
    );
    expect(answers).toMatchObject({
      origins: ["https://one.example.org", "https://two.example.org"],
      context: ["maestroverse-dev"],
      "trusted-proxies": [],
      "account-id": ["123456789012"],
      "on-call": PEOPLE,
    });
    expect(complaints).toEqual(['  It must be an AWS account number of 12 digits, in quotes, got "12".', "  It has to be answered."]);
    expect(asked).toHaveLength(QUESTIONS.length - Object.keys(given).length + 2);
    expect(asked[1]).toBe("Context of the cluster in your kubeconfig [maestroverse-dev]: ");
  });
});

describe("the command", () => {
  const folder = mkdtempSync(join(tmpdir(), "init-test-"));
  const file = join(folder, "Pulumi.dev.yaml");
  const flags = (given: Answers) => Object.entries(given).flatMap(([flag, values]) => [`--${flag}`, ...values]);
  const init = (...words: string[]) =>
    execa("npx", ["tsx", "ops/main.ts", "init", "--settings-file", file, ...words], { cwd: REPOSITORY, reject: false, stdin: "ignore" });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("writes what is valid, once, and overwrites nothing", async () => {
    const { stdout, exitCode } = await init("--stack", "dev", ...flags(NEEDED), "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ formatVersion: 1, stack: "dev", file });
    expect(parseSettings("dev", ownSettings(readFileSync(file, "utf8"), "maestroverse-ops"), new Date()).hosts.api).toBe(
      "api.dev.example.org",
    );

    writeFileSync(file, "mine");
    const again = await init("--stack", "dev", ...flags(NEEDED));
    expect([again.exitCode, again.stderr.trim()]).toEqual([
      1,
      `${file} is there, and is not overwritten. Edit it, or remove it and run this again.`,
    ]);
    expect(readFileSync(file, "utf8")).toBe("mine");
    rmSync(file);
  }, 60_000);

  it.each([
    [["--stack", "Dev"], "--stack must be a stack's name: 2 to 20 lower-case letters, digits and '-', got \"Dev\"."],
    [
      ["--stack", "dev", "--like", "nothing"],
      '--like must be a stack with a settings file, got "nothing": there is no Pulumi.nothing.yaml.',
    ],
  ])(
    "refuses %s",
    async (words, message) => {
      const { exitCode, stderr } = await init(...words, ...flags(NEEDED));
      expect([exitCode, stderr.trim(), existsSync(file)]).toEqual([1, message, false]);
    },
    60_000,
  );

  it("asks at a terminal, and is ended by Ctrl-C there with nothing written", async () => {
    // A terminal of its own, by util-linux.
    const terminal = execa("script", ["-qfec", `npx tsx ops/main.ts init --stack dev --settings-file '${file}'`, "/dev/null"], {
      cwd: REPOSITORY,
      reject: false,
      stdin: "pipe",
      buffer: false,
    });
    let screen = "";
    const seen = async (words: string) => {
      while (!screen.includes(words)) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    terminal.stdout.on("data", (chunk: Buffer) => (screen += chunk.toString()));
    await seen("Public host name of the API: ");
    terminal.stdin.write("no host\r");
    await seen('It must be a DNS host name without scheme, port or wildcard, got "no host".');
    terminal.stdin.write("api.dev.example.org\r");
    await seen("[https://app.dev.example.org https://admin.dev.example.org]: ");
    terminal.stdin.write("\u0003");
    const { exitCode } = await terminal;
    expect([exitCode, existsSync(file)]).toEqual([130, false]);
  }, 60_000);
});
