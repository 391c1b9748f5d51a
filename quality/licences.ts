/**
 * Every package of the lockfile, those of other platforms included, is under a licence that asks for attribution at most:
 * `npm run check:licences`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import satisfies from "spdx-satisfies";

/** A licence that asks for more (GPL, AGPL, MPL…) is a decision of people: it is not in this list. */
const ACCEPTED = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC-BY-3.0",
  "CC-BY-4.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Python-2.0",
  "Unlicense",
  "Zlib",
];

/** Licences that somebody read, because the package's manifest does not say them in words of SPDX: of this version, and no other. */
const READ: Readonly<Record<string, string>> = {
  "@logdna/tail-file@2.2.0": "MIT",
  "xmlhttprequest-ssl@2.1.2": "MIT",
};

/** `packages` of a package-lock.json: folder → package; the repository itself is "". */
export type LockedPackages = Readonly<Record<string, { readonly version?: string; readonly license?: string }>>;

/** Packages that may not be used, each with what it says; none when all is well. */
export function refusedLicences(packages: LockedPackages): string[] {
  return Object.entries(packages)
    .filter(([folder]) => folder !== "")
    .flatMap(([folder, { version = "", license }]) => {
      const id = `${folder.split("node_modules/").at(-1)}@${version}`;
      const licence = READ[id] ?? license;
      return licence !== undefined && isAccepted(licence) ? [] : [`${id}: ${licence ?? "says no licence"}`];
    });
}

/** What is no expression of SPDX is not accepted. */
function isAccepted(licence: string): boolean {
  try {
    return satisfies(licence, ACCEPTED);
  } catch {
    return false;
  }
}

if (require.main === module) {
  const { packages } = JSON.parse(readFileSync(join(__dirname, "..", "package-lock.json"), "utf8")) as { packages: LockedPackages };
  const lines = refusedLicences(packages);
  for (const line of lines) process.stderr.write(`${line}\n`);
  if (lines.length > 0)
    process.stderr.write("Use another package, or read the licence and say in quality/licences.ts that it is accepted.\n");
  process.exitCode = lines.length === 0 ? 0 : 1;
}
