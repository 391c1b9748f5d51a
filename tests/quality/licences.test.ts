import { type LockedPackages, refusedLicences } from "../../quality/licences";

const lock = (packages: LockedPackages) => refusedLicences({ "": { version: "0.1.0" }, ...packages });

it("accepts what asks for attribution at most, one of several to choose from, and all of several together", () => {
  expect(
    lock({
      "node_modules/a": { version: "1.0.0", license: "MIT" },
      "node_modules/b": { version: "1.0.0", license: "(GPL-3.0-only OR MIT)" },
      "node_modules/c": { version: "1.0.0", license: "(BSD-3-Clause AND Apache-2.0)" },
    }),
  ).toEqual([]);
});

it("refuses the others, in the middle of an expression too, and what says nothing or nothing that can be read", () => {
  expect(
    lock({
      "node_modules/a": { version: "1.0.0", license: "AGPL-3.0-only" },
      "node_modules/a/node_modules/@b/c": { version: "2.0.0", license: "MIT AND GPL-3.0-only" },
      "node_modules/d": { version: "3.0.0" },
      "node_modules/e": { version: "4.0.0", license: "SEE LICENSE IN LICENSE" },
    }),
  ).toEqual(["a@1.0.0: AGPL-3.0-only", "@b/c@2.0.0: MIT AND GPL-3.0-only", "d@3.0.0: says no licence", "e@4.0.0: SEE LICENSE IN LICENSE"]);
});

it("believes a licence that somebody read, of that version alone", () => {
  expect(lock({ "node_modules/@logdna/tail-file": { version: "2.2.0", license: "SEE LICENSE IN LICENSE" } })).toEqual([]);
  expect(lock({ "node_modules/@logdna/tail-file": { version: "2.2.1", license: "SEE LICENSE IN LICENSE" } })).toEqual([
    "@logdna/tail-file@2.2.1: SEE LICENSE IN LICENSE",
  ]);
});
