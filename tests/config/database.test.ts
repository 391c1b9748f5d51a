/** The database's settings: what is refused at preview, with every number, and never with a key that was given by mistake. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseSettings, SettingsError } from "../../config";

const ROOT = join(__dirname, "../..");

/** What is wrong with stack prod when some of its settings are others. */
function problems(changed: Record<string, Record<string, unknown>>): readonly string[] {
  const file = parse(readFileSync(join(ROOT, "Pulumi.prod.yaml"), "utf8")) as { config: Record<string, Record<string, unknown>> };
  const raw = Object.fromEntries(
    Object.entries(file.config).map(([key, value]) => {
      const name = key.replace(/^maestroverse-ops:/, "");
      return [name, name in changed ? { ...value, ...changed[name] } : value];
    }),
  );
  try {
    parseSettings("prod", raw);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("connections", () => {
  it("that suffice for surge and terminating pods are accepted to the last one", () => {
    expect(problems({ database: { maxConnections: 175, reservedConnections: 10 } })).toEqual([]);
  });

  it.each([
    [
      { database: { maxConnections: 174 } },
      "at most 9: 10 pods + 1 surge + 5 terminating = 16 × 10 = 160, + 2 migration + 3 backup = 165 connections, and 174 max_connections − 10 reserved = 164",
    ],
    [
      { database: { poolSizePerPod: 12 } },
      "at most 11: 10 pods + 1 surge + 5 terminating = 16 × 12 = 192, + 2 migration + 3 backup = 197 connections, and 200 max_connections − 10 reserved = 190",
    ],
    [
      { web: { replicas: { minimum: 3, maximum: 14 } } },
      "at most 9: 14 pods + 1 surge + 5 terminating = 20 × 10 = 200, + 2 migration + 3 backup = 205 connections, and 200 max_connections − 10 reserved = 190",
    ],
    [
      { web: { terminationGraceSeconds: 90 } },
      "at most 9: 10 pods + 1 surge + 9 terminating = 20 × 10 = 200, + 2 migration + 3 backup = 205 connections, and 200 max_connections − 10 reserved = 190",
    ],
  ])("that are too few are refused: %j", (changed, rule) => {
    const found = problems(changed);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`prod: database.poolSizePerPod must be ${rule} `);
  });
});

describe("certificates", () => {
  it("are needed with verify-full", () => {
    const found = problems({ database: { certificateAuthority: undefined } });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("prod: database.certificateAuthority must have pem or imageFile with sslMode verify-full, got neither.");
    expect(problems({ database: { certificateAuthority: { imageFile: "/etc/ssl/certs/rds.pem" } } })).toEqual([]);
  });

  it("that are a private key are refused without a word of it", () => {
    const pem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0IHNlY3JldA==\n-----END PRIVATE KEY-----\n";
    const found = problems({ database: { certificateAuthority: { pem } } });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("prod: database.certificateAuthority.pem must be certificates of authorities in PEM, got a private key");
    expect(found[0]).not.toContain("c2VjcmV0");
  });
});
