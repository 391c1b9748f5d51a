/** A rotation's commit: the stack's settings file after each step, to the character. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepared, published, steady, wentBack } from "../../ops/rotate/generations";
import { editGenerations, readSettings, writeGenerations, writeRole } from "../../ops/rotate/settings-file";

const NOW = new Date("2026-11-25T12:00:00Z");
const ROOT = join(__dirname, "..", "..");
const PROD = readFileSync(join(ROOT, "Pulumi.prod.yaml"), "utf8");
const FIRST = { generation: 1, rotatedOn: "2026-11-01", overlap: false };
/** The lines that differ. */
const changed = (before: string, after: string) => {
  const [old, now] = [before, after].map((text) => text.split("\n"));
  return now.filter((line, index) => line !== old[index]);
};

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "rotation-"))));
afterEach(() => rmSync(folder, { recursive: true }));

it.each(["prod", "staging", "rehearsal"])(
  "changes the lines of the secrets in %s, each step in turn, and comes back to the same shape",
  (stack) => {
    const before = readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8");
    const one = editGenerations(before, { JWT_SECRET: prepared(FIRST) });
    expect(changed(before, one)).toEqual(['      JWT_SECRET: { generation: 1, rotatedOn: "2026-11-01", overlap: next }']);
    const second = published(prepared(FIRST), "2026-11-25");
    const two = editGenerations(one, { JWT_SECRET: second });
    expect(changed(before, two)).toEqual([
      '      JWT_SECRET: { generation: 2, rotatedOn: "2026-11-25", overlap: true, previousRotatedOn: "2026-11-01" }',
    ]);
    const three = editGenerations(two, { JWT_SECRET: steady(second) });
    expect(changed(before, three)).toEqual(['      JWT_SECRET: { generation: 2, rotatedOn: "2026-11-25", overlap: false }']);
    expect(editGenerations(editGenerations(two, { JWT_SECRET: wentBack("JWT_SECRET", second) }), { JWT_SECRET: FIRST })).toBe(before);
  },
);

it("keeps the comments of a mapping in lines", () => {
  const lines = (...more: string[]) =>
    ["config:", "  maestroverse-ops:secrets:", "    generations:", "      JWT_SECRET: # theirs", ...more, "      CSRF_SECRET: {}", ""].join(
      "\n",
    );
  const before = lines("        # first", "        generation: 1 # of many", '        rotatedOn: "2026-11-01"', "        overlap: next");
  const after = lines(
    "        # first",
    "        generation: 2 # of many",
    '        rotatedOn: "2026-11-25"',
    "        overlap: true",
    '        previousRotatedOn: "2026-11-01"',
  );
  const second = published(FIRST, "2026-11-25");
  expect(editGenerations(before, { JWT_SECRET: second })).toBe(after);
  expect(editGenerations(after, { JWT_SECRET: steady(second) })).toBe(
    after.replace(/ {8}previousRotatedOn.*\n/, "").replace("overlap: true", "overlap: false"),
  );
});

it("says so where the secret is not", () => {
  expect(() => editGenerations("config: {}\n", { JWT_SECRET: FIRST })).toThrow(
    "secrets.generations.JWT_SECRET is not in the settings file as a mapping.",
  );
});

it("writes nothing that the settings' rules refuse, and keeps the file's mode", async () => {
  const file = join(folder, "Pulumi.prod.yaml");
  writeFileSync(file, PROD, { mode: 0o640 });
  // prod's application reads JWT_SECRET_ROLLING alone.
  await expect(writeGenerations("prod", file, { CSRF_SECRET: prepared(FIRST) }, NOW)).rejects.toThrow(
    "secrets.generations.CSRF_SECRET.overlap must be false, got next: the application does not read CSRF_SECRET_ROLLING.",
  );
  expect(readFileSync(file, "utf8")).toBe(PROD);
  await writeGenerations("prod", file, { JWT_SECRET: prepared(FIRST) }, NOW);
  expect((await readSettings("prod", file, NOW)).secrets.generations.JWT_SECRET).toEqual({ ...FIRST, overlap: "next" });
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

it("writes a database role's line, and none beside it", async () => {
  const file = join(folder, "Pulumi.prod.yaml");
  writeFileSync(file, PROD);
  await writeRole("prod", file, "app", prepared(FIRST), NOW);
  expect(changed(PROD, readFileSync(file, "utf8"))).toEqual(['      app: { generation: 1, rotatedOn: "2026-11-01", overlap: next }']);
  await writeRole("prod", file, "app", FIRST, NOW);
  await expect(writeRole("prod", file, "backup", prepared(FIRST), NOW)).rejects.toThrow(
    'database.roles.backup.overlap must be true or false, got "next"',
  );
  expect(readFileSync(file, "utf8")).toBe(PROD);
});

it("reads a file that holds encrypted credentials", async () => {
  const file = join(folder, "Pulumi.prod.yaml");
  writeFileSync(file, PROD.replace("config:\n", "config:\n  maestroverse-ops:datadogApiKey:\n    secure: v1:AAAA\n"));
  expect((await readSettings("prod", file, NOW)).environment).toBe("prod");
});

it("does not guess since when the old generation had been current", () => {
  expect(() => wentBack("JWT_SECRET", { generation: 2, rotatedOn: "2026-11-25", overlap: true })).toThrow(
    "secrets.generations.JWT_SECRET.previousRotatedOn is missing: the day on which generation 1 had become current.",
  );
});
