/** What the intake makes of log lines. Does not prove that Datadog makes the same: its search language is larger, and its agent is another. */
import { execaNode } from "execa";
import { join } from "node:path";
import { BACKUP_NAME } from "../../components/lib/backup-names";
import { buildLogMetrics } from "../../components/lib/log-pipeline";
import { finds, type SearchedLog } from "../../rehearsal/datadog-intake/log-search";
import { metricsOfLogs } from "../../rehearsal/datadog-intake/metrics";
import { type DatadogIntake, startDatadogIntake } from "../helpers/datadog-intake";

jest.setTimeout(60_000);

const LINE: SearchedLog = {
  tags: { service: "maestroverse-edge", env: "prod", status: "info" },
  attributes: { http: { status_code: 404, url: "/socket.io/x" }, seconds: 1.5, limit: "PASSED", zero: 0 },
};

describe("a search", () => {
  it.each([
    ["", true],
    ["service:maestroverse-edge env:prod", true],
    ["service:maestroverse-edge env:staging", false],
    ["service:(maestroverse-api OR maestroverse-edge)", true],
    ["service:(maestroverse-api OR maestroverse)", false],
    ["-@limit:REJECTED", true],
    ["-@limit:PASSED", false],
    ["@http.status_code:[400 TO 499]", true],
    ["@http.status_code:[400 TO 403]", false],
    ["@seconds:>1", true],
    ["@seconds:>1.5", false],
    ["@seconds:>=1.5", true],
    ["@seconds:<=1", false],
    ["@http.url:/socket.io/*", true],
    ["@http.url:*", true],
    ["@zero:*", true],
    ["@http.nothing:*", false],
    ["-@http.nothing:*", true],
    // An object is nothing that a search compares.
    ["@http:*", false],
  ])("%s", (search, found) => {
    expect(finds(search, LINE)).toBe(found);
  });

  it("of a kind that it does not know is refused, and not taken for another", () => {
    expect(() => finds("env:prod hello", LINE)).toThrow('the search "env:prod hello" is not understood from "hello" on');
    expect(() => finds("env:prod OR env:staging", LINE)).toThrow('not understood from "OR env:staging" on');
  });
});

/** The stack's metrics as Datadog holds them. */
const held = (environment: string) =>
  Object.values(buildLogMetrics({ environment, dumps: true })).map(({ metric, filter, compute, groupBy }) => ({
    id: metric,
    attributes: {
      filter: { query: filter },
      compute: { aggregation_type: compute.aggregationType, path: compute.path },
      group_by: Object.entries(groupBy).map(([path, tag_name]) => ({ path, tag_name })),
    },
  }));
const made = (line: object, environment = "staging") =>
  metricsOfLogs([{ message: JSON.stringify(line), service: BACKUP_NAME, ddtags: "env:staging,pod_name:x" }], held(environment)).map(
    ({ metric, points, tags }) => [metric, points[0]?.value, tags],
  );

describe("the lines of the nightly dump", () => {
  it("become the size and the duration of each dump that was stored", () => {
    expect(made({ status: "info", service: BACKUP_NAME, manifest: { sizeBytes: 4711 }, durationSeconds: 12.5 })).toEqual([
      ["maestroverse.backup.size_bytes.staging", 4711, ["env:staging"]],
      ["maestroverse.backup.duration_seconds.staging", 12.5, ["env:staging"]],
    ]);
  });

  it("count a failure as the program prints one, and nothing else", async () => {
    const program = join(__dirname, "..", "..", "ops", "backup", "main.ts");
    const { stderr, exitCode } = await execaNode(program, {
      nodeOptions: ["--import", require.resolve("tsx")],
      env: { PATH: process.env["PATH"] },
      extendEnv: false,
      reject: false,
    });
    const line = JSON.parse(stderr.split("\n").at(-1) ?? "") as { message: string };
    expect([exitCode, line.message]).toEqual([
      1,
      expect.stringMatching(/^backup failed: \d+ problems in the environment; nothing was done/),
    ]);
    expect(made(line)).toEqual([["maestroverse.backup.failures.staging", 1, ["env:staging"]]]);
    expect(made({ status: "warn", message: "Warning: old Node.js" })).toEqual([]);
  });

  it("are another environment's there", () => {
    expect(made({ status: "error" }, "prod")).toEqual([]);
  });
});

describe("a query", () => {
  let intake: DatadogIntake;
  beforeAll(async () => {
    intake = await startDatadogIntake();
  });
  afterAll(async () => {
    await intake?.remove();
  });
  const points = async (query: string, from = 1_793_000_000, to = 1_793_000_200) => {
    const { body } = await intake.call(
      "GET",
      `/api/v1/query?${new URLSearchParams({ from: String(from), to: String(to), query }).toString()}`,
    );
    return (body as { series: { pointlist: [number, number][] }[] }).series.map(({ pointlist }) => pointlist);
  };

  it("has the points of its metric, tags and time, those of one moment together", async () => {
    const gauge = (value: number, timestamp: number, secret: string, env = "prod") => ({
      ...{ metric: "secret.age", type: 3, points: [{ timestamp, value }], tags: [`env:${env}`, `secret:${secret}`] },
    });
    const series = [
      gauge(3, 1_793_000_100, "a"),
      gauge(5, 1_793_000_100, "b"),
      gauge(7, 1_793_000_050, "a"),
      gauge(9, 1_793_000_100, "a", "staging"),
    ];
    expect((await intake.call("POST", "/api/v2/series", { series })).status).toBe(202);
    expect(await points("max:secret.age{env:prod}")).toEqual([
      [
        [1_793_000_050_000, 7],
        [1_793_000_100_000, 5],
      ],
    ]);
    expect(await points("avg:secret.age{env:prod}", 1_793_000_060)).toEqual([[[1_793_000_100_000, 4]]]);
    expect(await points("min:secret.age{env:prod,secret:b}")).toEqual([[[1_793_000_100_000, 5]]]);
    expect(await points("sum:secret.age{}", 1_793_000_060)).toEqual([[[1_793_000_100_000, 17]]]);
    expect(await points("max:secret.age{env:rehearsal}")).toEqual([]);
    expect(await intake.refusal("/api/v1/query?query=top(x)", undefined, "GET")).toEqual([400, "The query top(x) is not understood here"]);
  });
});
