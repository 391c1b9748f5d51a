/** Each rule of .dependency-cruiser.js refuses the arrow that it is about, and the arrows beside it pass. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { REPOSITORY } from "../../ops/engine";

/** A small repository: each file with what it imports. The first word of a line that is to be refused names the rule. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  "index.ts": ['import "./program";'],
  "program.ts": ['import "./config";', 'import "./components/web";'],
  "config.ts": ['import "./settings/parse";', 'import "./checklist"; // config-reads-settings'],
  "checklist.ts": ['import "./rehearsal/b"; // checklist-is-data'],
  "settings/parse.ts": ['import "../components/lib/spec";', 'import "../toolchain/run"; // settings-know-components'],
  "components/web.ts": [
    'import "./lib/spec";',
    'import "../config"; // components-know-nothing',
    'import type { A } from "../ops/a"; // components-know-nothing',
  ],
  "components/lib/spec.ts": ["export {};"],
  "policies/lib/pack.ts": ["export {};"],
  "policies/maestroverse-checklist/pack.ts": ['import "../lib/pack";', 'import "./rules/index";'],
  "policies/maestroverse-checklist/rules/index.ts": ['import "./one";', 'import "./two";'],
  "policies/maestroverse-checklist/rules/one.ts": [
    'import "./two"; // one-rule-one-file',
    'import "../../../ops/a"; // policies-know-specs',
  ],
  "policies/maestroverse-checklist/rules/two.ts": ['import "../../../components/lib/spec";', 'import "../../../checklist";'],
  "policies/platform-baseline/rules/index.ts": ['import "../../maestroverse-checklist/rules/index";', 'import "./three";'],
  "policies/platform-baseline/rules/three.ts": ['import "../../maestroverse-checklist/rules/two"; // packs-are-apart one-rule-one-file'],
  "toolchain/run.ts": [
    'import "../components/lib/spec"; // toolchain-knows-nothing',
    'import "declared";',
    'import "for-tests"; // shipped-needs-no-dev-dependency',
  ],
  "ops/main.ts": ['import "./cli/commands";'],
  "ops/cli/commands.ts": ['import "../commands/up"; // commands-are-loaded-when-used', 'void import("../commands/down");'],
  "ops/commands/up.ts": [
    'import "./down"; // one-command-one-file',
    'import "../a";',
    'import "../../rehearsal/b"; // ops-know-no-rehearsal',
  ],
  "ops/commands/down.ts": [
    'import "../../policies/maestroverse-checklist/pack"; // policies-need-no-pack-to-report',
    'import "../../policies/lib/pack";',
  ],
  "ops/commands/rehearse.ts": ['import "../../rehearsal/b";', 'import "../../tests/helper"; // nothing-shipped-imports-tests'],
  "ops/a.ts": ["export interface A {}"],
  "ops/backup/main.ts": ['import "../a"; // backup-is-a-program-of-its-own'],
  "ops/lost.ts": ['import "./nowhere"; // resolvable'],
  "rehearsal/b.ts": ['import "./c"; // no-cycles', 'import "brought-by-another"; // dependencies-are-declared'],
  "rehearsal/c.ts": ['import "./b";', 'import "../toolchain/run";'],
  "rehearsal/d.ts": ['import type { E } from "./e";'],
  "rehearsal/e.ts": ['import "./d";', "export interface E {}"],
  "rehearsal/sample-server/server/main.ts": ['import "../../d"; // sample-server-is-the-application'],
  "tests/helper.ts": ['import "../rehearsal/d";', 'import "for-tests";'],
  "node_modules/declared/index.js": [],
  "node_modules/for-tests/index.js": [],
  "node_modules/brought-by-another/index.js": [],
};

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

it("is refused where it points backwards, and only there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "arrows-test-"));
  try {
    for (const [file, lines] of Object.entries(FILES)) write(folder, file, lines.join("\n"));
    write(folder, "package.json", JSON.stringify({ dependencies: { declared: "1.0.0" }, devDependencies: { "for-tests": "1.0.0" } }));
    write(folder, "tsconfig.json", "{}");
    symlinkSync(join(REPOSITORY, ".dependency-cruiser.js"), join(folder, ".dependency-cruiser.js"));
    const program = join(REPOSITORY, "node_modules", ".bin", "depcruise");
    const { stdout } = await execa(program, [".", "--config", "--output-type", "json"], { cwd: folder, reject: false });
    const { violations } = (JSON.parse(stdout) as { summary: { violations: readonly Violation[] } }).summary;
    const found = violations.map(({ from, rule }) => `${from}: ${rule.name}`);
    const wanted = Object.entries(FILES).flatMap(([file, lines]) =>
      lines.flatMap((line) => (line.split("// ")[1]?.split(" ") ?? []).map((rule) => `${file}: ${rule}`)),
    );
    const { forbidden } = jest.requireActual<{ forbidden: readonly { name: string }[] }>("../../.dependency-cruiser.js");
    expect(forbidden.map(({ name }) => name).filter((name) => !found.some((line) => line.endsWith(`: ${name}`)))).toEqual([]);
    // Both reach what config.ts, wrongly, imports: the checklist's rehearsal, and what that imports.
    const reached = ["index.ts: production-runs-no-rehearsal", "program.ts: production-runs-no-rehearsal"];
    expect([...new Set(found)].sort()).toEqual([...new Set([...wanted, ...reached])].sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

function write(folder: string, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}
