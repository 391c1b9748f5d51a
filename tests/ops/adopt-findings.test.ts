/** What `ops adopt` makes of what the systems and the engine say. The whole of it, against servers: adopt.test.ts. */
import { type GetSecretValueCommandOutput, ResourceNotFoundException, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { parse } from "yaml";
import { parseSettings } from "../../config";
import { type Candidate, candidatesIn } from "../../ops/adopt/candidate";
import { findExistingSecrets, keepExistingSecrets } from "../../ops/adopt/existing-secrets";
import { strangerByTags } from "../../ops/adopt/find-aws";
import { datadogFinder } from "../../ops/adopt/find-datadog";
import { kubernetesFinder, strangerOf } from "../../ops/adopt/find-kubernetes";
import { destroyed, rowsOf } from "../../ops/adopt/plan";
import { findingsText } from "../../ops/adopt/report";
import { parseImportSet } from "../../settings/import-set";
import { rawSettings, stackFile, TODAY } from "../helpers/raw-settings";

const NAME = "maestroverse/app-secrets";
const VERSION_ID = "0d6c1f7e-4e6b-4a53-9f6d-1b2c3d4e5f60";
const FOUR = { MAESTROVERSE_PEPPER: "canary-1", JWT_SECRET: "canary-2", SESSION_SECRET: "canary-3", CSRF_SECRET: "canary-4" };

/** Secrets Manager with one secret of this text. */
const manager = (text: string | undefined) =>
  ({
    send: (command: { constructor: { name: string } }) =>
      Promise.resolve(
        command.constructor.name === "GetSecretValueCommand"
          ? ({ VersionId: VERSION_ID, CreatedDate: new Date("2026-10-20T23:30:00Z"), SecretString: text } as GetSecretValueCommandOutput)
          : { VersionIdsToStages: { [VERSION_ID]: ["AWSCURRENT"], "an-older-one": ["AWSPREVIOUS"] } },
      ),
  }) as unknown as SecretsManagerClient;

describe("the application's secrets", () => {
  it("are taken over by their version, with the day on which it was made, and without a value", async () => {
    expect(await findExistingSecrets(manager(JSON.stringify(FOUR)), NAME)).toEqual({
      versionId: VERSION_ID,
      madeOn: "2026-10-20",
      problems: [],
      previousVersionId: "an-older-one",
    });
  });

  it("are not there where there is no secret", async () => {
    const gone = { send: () => Promise.reject(new ResourceNotFoundException({ message: "gone", $metadata: {} })) };
    expect(await findExistingSecrets(gone as unknown as SecretsManagerClient, NAME)).toBeUndefined();
  });

  it.each<[string, string | undefined, string[]]>([
    [
      "other names",
      JSON.stringify({ PEPPER: "canary-1", JWT_SECRET: "canary-2" }),
      [
        `${NAME} has no MAESTROVERSE_PEPPER, SESSION_SECRET, CSRF_SECRET; it has JWT_SECRET, PEPPER. Put a version with these keys, and the very values that the application uses (docs/adopting.md).`,
        `${NAME} has PEPPER too, which the first rotation would leave out. Move what is still read to a secret of its own, and put a version without it (docs/adopting.md).`,
      ],
    ],
    [
      "an empty value",
      JSON.stringify({ ...FOUR, CSRF_SECRET: "" }),
      [
        `${NAME} has no CSRF_SECRET; it has CSRF_SECRET, JWT_SECRET, MAESTROVERSE_PEPPER, SESSION_SECRET. Put a version with these keys, and the very values that the application uses (docs/adopting.md).`,
      ],
    ],
    [
      "a text",
      "canary",
      [
        `${NAME} is no JSON object. Put the four values into one, by their names: MAESTROVERSE_PEPPER, JWT_SECRET, SESSION_SECRET, CSRF_SECRET (docs/adopting.md).`,
      ],
    ],
    [
      "bytes",
      undefined,
      [
        `${NAME} is no JSON object. Put the four values into one, by their names: MAESTROVERSE_PEPPER, JWT_SECRET, SESSION_SECRET, CSRF_SECRET (docs/adopting.md).`,
      ],
    ],
  ])("are refused with what is missing: %s", async (_, text, problems) => {
    expect((await findExistingSecrets(manager(text), NAME))?.problems).toEqual(problems);
  });

  it("change the settings file by the version and the days alone", () => {
    const text = stackFile("prod");
    const settings = parseSettings("prod", rawSettings("prod"), TODAY);
    const found = { versionId: VERSION_ID, madeOn: "2026-10-20", problems: [], previousVersionId: undefined };
    const changed = keepExistingSecrets(text, settings, found);
    const lines = text.split("\n");
    expect(changed.split("\n").filter((line) => !lines.includes(line))).toEqual([
      "    # The values of before this program: this version in Secrets Manager has generation 1 of each secret, until it is rotated.",
      `    adopted: { versionId: "${VERSION_ID}" }`,
      '      MAESTROVERSE_PEPPER: { generation: 1, rotatedOn: "2026-10-20", overlap: false }',
      '      JWT_SECRET: { generation: 1, rotatedOn: "2026-10-20", overlap: false }',
      '      SESSION_SECRET: { generation: 1, rotatedOn: "2026-10-20", overlap: false }',
      '      CSRF_SECRET: { generation: 1, rotatedOn: "2026-10-20", overlap: false }',
    ]);
    expect(changed.split("\n")).toHaveLength(lines.length + 2);
    const { config } = parse(changed) as { config: Record<string, { adopted?: unknown }> };
    expect(config["maestroverse-ops:secrets"]?.adopted).toEqual({ versionId: VERSION_ID });
    // The comment of the generations stays with them.
    expect(changed).toMatch(/adopted: .*\n {4}# As database\.roles: .*\n.*\n {4}generations:/);
  });
});

describe("somebody else's", () => {
  const metadata = { name: "maestroverse-server" };
  it.each<[string, Parameters<typeof strangerOf>[0]["metadata"], string | undefined]>([
    ["kubectl's", { ...metadata, managedFields: [{ manager: "kubectl-client-side-apply" }, { manager: "kubectl-set" }] }, undefined],
    ["what the cluster writes", { ...metadata, managedFields: [{ manager: "kube-controller-manager" }] }, undefined],
    ["a controller's status", { ...metadata, managedFields: [{ manager: "nginx-ingress", subresource: "status" }] }, undefined],
    ["Helm's by its annotation", { ...metadata, annotations: { "meta.helm.sh/release-name": "api" } }, "Helm made it (release api)"],
    ["Helm's by its label", { ...metadata, labels: { "app.kubernetes.io/managed-by": "Helm" } }, "Helm made it (release unknown)"],
    ["Argo CD's", { ...metadata, annotations: { "argocd.argoproj.io/tracking-id": "x" } }, "Argo CD keeps it as its repository says"],
    ["an operator's", { ...metadata, managedFields: [{ manager: "terraform" }] }, "terraform writes it"],
    ["another object's", { ...metadata, ownerReferences: [{ kind: "Rollout", name: "api" }] }, "Rollout api owns it"],
    [
      "on its way out",
      { ...metadata, deletionTimestamp: "2026-11-28T09:00:00Z" },
      "it is being deleted: wait until it is gone, and run this again",
    ],
  ])("is told of an object: %s", (_, object, stranger) => {
    expect(strangerOf({ metadata: object })).toBe(stranger);
  });

  it.each<[Record<string, string>, string | undefined]>([
    [{}, undefined],
    [{ environment: "prod" }, undefined],
    [{ environment: "staging" }, "its tag says that it is of staging"],
    [{ "aws:cloudformation:stack-name": "api" }, "CloudFormation's stack api made it"],
  ])("is told by tags of AWS: %j", (tags, stranger) => {
    expect(strangerByTags(tags, "prod")).toBe(stranger);
  });
});

const candidate = (type: string, name: string, inputs: Candidate["inputs"]): Candidate => ({
  urn: `urn:pulumi:prod::maestroverse-ops::maestroverse:ops:X$${type}::${name}`,
  type,
  name,
  inputs,
  provider: "aws",
});
const MONITOR = "datadog:index/monitor:Monitor";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

describe("looking", () => {
  it("asks the API server by the object's own path, and has the provider's id", async () => {
    const asked: string[] = [];
    const find = <T>(path: string) => {
      asked.push(path);
      return Promise.resolve((path.endsWith("/one") ? { metadata: { name: "one" } } : undefined) as T | undefined);
    };
    const finder = kubernetesFinder({ find });
    const look = (type: string, metadata: object) => finder(candidate(type, "x", { metadata }), []);
    expect(await look(DEPLOYMENT, { name: "one", namespace: "maestroverse" })).toEqual({ id: "maestroverse/one", stranger: undefined });
    expect(await look("kubernetes:core/v1:Namespace", { name: "one" })).toEqual({ id: "one", stranger: undefined });
    expect(await look("kubernetes:networking.k8s.io/v1:Ingress", { name: "two", namespace: "maestroverse" })).toBeUndefined();
    expect(asked).toEqual([
      "/apis/apps/v1/namespaces/maestroverse/deployments/one",
      "/api/v1/namespaces/one",
      "/apis/networking.k8s.io/v1/namespaces/maestroverse/ingresses/two",
    ]);
  });

  it("finds a monitor by its exact name, asks for the list once, and does not choose between two", async () => {
    const asked: string[] = [];
    const monitors = [
      { id: 1, name: "[prod] API errors" },
      { id: 2, name: "[prod] API errors, old" },
      { id: 3, name: "[prod] Slow" },
      { id: 4, name: "[prod] Slow" },
    ];
    const get = <T>(path: string) => {
      asked.push(path);
      return Promise.resolve(monitors as T);
    };
    const finder = datadogFinder({ get });
    const look = (name: string) => finder(candidate(MONITOR, "x", { name }), []);
    expect(await Promise.all([look("[prod] API errors"), look("[prod] Slow"), look("[prod] None")])).toEqual([
      { id: "1" },
      { several: ["3", "4"] },
      undefined,
    ]);
    expect(asked).toEqual(["/api/v1/monitor"]);
  });
});

/** A step of the engine. */
const step = (of: Pick<Candidate, "urn" | "type">, op: string, detailedDiff?: Record<string, { diffKind: string }>): EngineEvent =>
  ({
    resourcePreEvent: { metadata: { ...of, op, provider: "urn:pulumi:p::p::pulumi:providers:aws::aws::id", detailedDiff } },
  }) as EngineEvent;

describe("the plan", () => {
  const server = candidate(DEPLOYMENT, "maestroverse-server-deployment", {});
  const bucket = candidate("aws:s3/bucket:Bucket", "backup-primary-bucket", {});
  const monitor = candidate(MONITOR, "observability-monitor-api-errors", {});
  const imports = [
    { type: server.type, name: server.name, id: "maestroverse/maestroverse-server" },
    { type: bucket.type, name: bucket.name, id: "dumps" },
    { type: monitor.type, name: monitor.name, id: "1" },
  ];
  const candidates = [server, bucket, monitor];

  it("tells what is kept, and what is changed in place by which fields", () => {
    const events = [
      step(server, "import"),
      step(server, "update", { "spec.strategy": { diffKind: "update" }, "spec.template.spec.dnsPolicy": { diffKind: "delete" } }),
      step(bucket, "import"),
      step(monitor, "import"),
      step(monitor, "update", { message: { diffKind: "update" }, "options.old": { diffKind: "delete" } }),
    ];
    expect(rowsOf(imports, events, candidates).map(({ id, fate, fields }) => [id, fate, fields])).toEqual([
      ["maestroverse/maestroverse-server", "changed", ["spec.strategy"]],
      ["dumps", "kept", []],
      ["1", "changed", ["message", "options.old"]],
    ]);
    expect(destroyed(events, imports)).toEqual([]);
  });

  it("refuses what would be replaced, by the fields that cannot be changed, with what to do first", () => {
    const events = [
      step(server, "create-replacement", {
        "spec.selector.matchLabels": { diffKind: "update-replace" },
        "spec.strategy": { diffKind: "update" },
      }),
      step(bucket, "replace", { objectLockEnabled: { diffKind: "add-replace" } }),
      step(monitor, "delete-replaced"),
    ];
    expect(rowsOf(imports, events, candidates).map(({ fate, fields, note }) => [fate, fields, note])).toEqual([
      [
        "replaced",
        ["spec.selector.matchLabels"],
        "a Deployment's selector cannot be changed: let its pods serve on without it, and the program makes another one beside them (docs/adopting.md, Another selector)",
      ],
      [
        "replaced",
        ["objectLockEnabled"],
        "give it object lock first: aws s3api put-object-lock-configuration (docs/adopting.md, A bucket without object lock)",
      ],
      ["replaced", [], "change it by hand first, or set the program's settings to what is there"],
    ]);
  });

  it("sees what the stack would lose beside", () => {
    const own = candidate(MONITOR, "observability-monitor-old", {});
    expect(destroyed([step(own, "delete"), step(bucket, "create")], imports)).toEqual([`${MONITOR} observability-monitor-old`]);
  });

  it("has candidates of what would be made alone: no component, no provider, nothing that is there", () => {
    const component = {
      resourcePreEvent: {
        metadata: { urn: "urn:pulumi:p::p::maestroverse:ops:Edge::edge", type: "maestroverse:ops:Edge", op: "create", provider: "" },
      },
    };
    expect(
      candidatesIn([component as EngineEvent, step(server, "same"), step(bucket, "create")]).map(({ name, provider }) => [name, provider]),
    ).toEqual([["backup-primary-bucket", "aws"]]);
  });

  it("is a table whose refusals stand last", () => {
    const text = findingsText({
      stack: "prod",
      ours: 3,
      rows: [
        {
          type: server.type,
          name: server.name,
          id: "maestroverse/maestroverse-server",
          fate: "replaced",
          fields: ["spec.selector"],
          note: "do this",
        },
        { type: monitor.type, name: monitor.name, id: "1", fate: "changed", fields: ["a", "b", "c", "d", "e", "f"] },
        { type: bucket.type, name: bucket.name, id: "dumps", fate: "kept", fields: [] },
      ],
      made: ["one"],
      leftAlone: ["Service maestroverse/debug"],
      secrets: { versionId: VERSION_ID, madeOn: "2026-10-20", problems: [], previousVersionId: "an-older-one" },
    });
    expect(text.split("\n")).toEqual([
      "prod: 3 of the program's resources exist and are not the stack's; 3 are the stack's already",
      "  kept as it is               Bucket      dumps",
      "  changed in place            Monitor     1                                 a, b, c, d, 2 more",
      "  REFUSED: would be replaced  Deployment  maestroverse/maestroverse-server  spec.selector; do this",
      "  1 kept as they are, 1 changed in place, 1 made new, 1 refused",
      `  the application's secrets stay as they are: version ${VERSION_ID} of 2026-10-20 is generation 1`,
      "  AWSPREVIOUS leaves version an-older-one: its values end, as the checklist asks (RB-3.1)",
      "  left alone, the program has no such thing: Service maestroverse/debug",
    ]);
  });
});

describe("an import set", () => {
  const SET = { formatVersion: 1, stack: "prod", resources: [{ type: MONITOR, name: "x", id: "1" }] };
  const read = (value: unknown, stack = "prod") => parseImportSet(JSON.stringify(value), stack, "set.json");
  it("is read for its own stack", () => {
    expect(read(SET)).toEqual(SET);
  });

  it.each<[string, () => unknown, string]>([
    [
      "of another stack",
      () => read(SET, "staging"),
      "set.json is the import set of prod, and this is staging. Unset MAESTROVERSE_IMPORT_SET.",
    ],
    ["without an id", () => read({ ...SET, resources: [{ type: MONITOR, name: "x" }] }), "set.json is no import set: resources.0.id: "],
    ["no JSON", () => parseImportSet("{", "prod", "set.json"), "set.json is no JSON. Make it anew: npm run ops -- adopt --stack prod"],
  ])("is refused: %s", (_, act, message) => {
    expect(act).toThrow(message);
  });
});
