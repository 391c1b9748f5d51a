/** Which of a bucket's objects are dumps that count, and in which order they are tried. */
import { wholeDumps } from "../../ops/recovery/dumps";

const keysOf = (...keys: readonly string[]) =>
  wholeDumps(keys.map((Key) => ({ Key, Size: 1, LastModified: new Date("2026-11-24T02:05:00Z") }))).map(({ key }) => key);
const withManifest = (...names: readonly string[]) => names.flatMap((name) => [`postgresql/${name}`, `postgresql/${name}.manifest.json`]);

it("are those with a manifest, plain or encrypted, the newest first; the second one of a minute is newer than the first, and the tenth than the second", () => {
  const names = [
    "maestroverse-20261125-0200.dump.age",
    "maestroverse-20261124-0200-10.dump",
    "maestroverse-20261124-0200-2.dump.age",
    "maestroverse-20261124-0200.dump",
    "maestroverse-20261123-2359.dump",
  ];
  expect(keysOf(...withManifest(...names.toReversed()))).toEqual(names.map((name) => `postgresql/${name}`));
});

it("are not objects without a manifest, manifests without a dump, and what is no dump by its name", () => {
  expect(
    keysOf(
      "postgresql/maestroverse-20261124-0200.dump",
      "postgresql/maestroverse-20261125-0200.dump.age.manifest.json",
      "postgresql/maestroverse-20261126-0200.dump",
      "postgresql/maestroverse-20261126-0200.dump.age.manifest.json",
      ...withManifest("zzz.dump", "maestroverse-20261399-0200.dump", "maestroverse-20261127-0200.dump.gpg"),
    ),
  ).toEqual([]);
});
