import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authorityFileHere } from "../../../components/lib/authority-file";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "authority-file-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("holds the certificates, for this user alone, under a name that changes with them", () => {
  const own = join(folder, "own");
  const file = authorityFileHere("one", own);
  expect(readFileSync(file, "utf8")).toBe("one");
  expect([statSync(own).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(authorityFileHere("one", own)).toBe(file);
  expect(authorityFileHere("two", own)).not.toBe(file);
  expect(readdirSync(own)).toHaveLength(2);
});

it("is mended when something else stands in it", () => {
  const file = authorityFileHere("one", folder);
  writeFileSync(file, "other");
  expect(readFileSync(authorityFileHere("one", folder), "utf8")).toBe("one");
});

it("says where it cannot be written", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(() => authorityFileHere("one", join(file, "folder"))).toThrow(
    /^the database's certificates cannot be written to .*\/file\/folder\/maestroverse-database-authority-[0-9a-f]{10}\.pem: .*ENOTDIR/,
  );
});
