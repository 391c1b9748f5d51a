/**
 * The arrows between rooms: nothing points backwards. `npm run check:arrows`.
 *
 *     settings ─► components          program ─► config, components        policies ─► components, checklist
 *     ops ─► everything but tests     rehearsal ─► ops, components         tests, bench ─► everything
 */

/** Paths that end up in a package: node_modules, or built into Node.js. */
const OUTSIDE = "^node_modules/|^[a-z_/]+$";

/** What production runs, and what operates it. */
const SHIPPED = "^(index|program|config|checklist)\\.ts$|^(settings|components|policies|ops)/";

/** A rule: files of `from` import nothing of this repository but `to`. */
const only = (name, from, to, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { pathNot: `${OUTSIDE}|${to}` },
});

/** A rule: files of `from`, `except` those, import nothing of `to`. */
const never = (name, from, to, comment, except) => ({
  name,
  comment,
  severity: "error",
  from: { path: from, ...(except === undefined ? {} : { pathNot: except }) },
  to: { path: to },
});

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Two files that need each other are one, or a third is missing. Types may point back, and what is loaded when it is used.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only", "dynamic-import"] } },
    },
    only(
      "components-know-nothing",
      "^components/",
      "^components/",
      "A component knows its arguments: no settings, policies, ops or rehearsal.",
    ),
    only("settings-know-components", "^settings/", "^(settings|components)/", "Settings are checked by what the components would refuse."),
    only("config-reads-settings", "^config\\.ts$", "^(settings|components)/", "config.ts reads, settings/ checks."),
    only("checklist-is-data", "^checklist\\.ts$", "^checklist\\.ts$", "The checklist is named by others and names no file."),
    only(
      "policies-know-specs",
      "^policies/",
      "^(policies|components)/|^checklist\\.ts$",
      "A policy compares resources with the specs of components.",
    ),
    only("toolchain-knows-nothing", "^toolchain/", "^toolchain/", "It makes a machine ready for everything else."),
    only(
      "backup-is-a-program-of-its-own",
      "^ops/backup/",
      "^(ops/backup|components/lib)/",
      "It runs in an image of its own, beside the database.",
    ),
    only(
      "sample-server-is-the-application",
      "^rehearsal/sample-server/",
      "^rehearsal/sample-server/",
      "It stands for another repository's program.",
    ),
    {
      name: "production-runs-no-rehearsal",
      comment: "What runs in production reaches nothing of rehearsal, toolchain, tests or ops, by whatever way.",
      severity: "error",
      from: { path: "^(index|program)\\.ts$" },
      to: { path: "^(rehearsal|toolchain|tests|bench|ops|policies)/", reachable: true },
    },
    never(
      "ops-know-no-rehearsal",
      "^ops/",
      "^rehearsal/",
      "Two doors: the command that rehearses, and the access to the stack `rehearsal`.",
      "^ops/(access|commands/rehearse)\\.ts$",
    ),
    never("nothing-shipped-imports-tests", "^(?!tests/|bench/)", "^(tests|bench)/", "Tests and benchmarks import, and are not imported."),
    never(
      "packs-are-apart",
      "^policies/(maestroverse-checklist|platform-baseline)/",
      "^policies/(?!$1|lib/)",
      "What both packs need is in policies/lib. But for one list: the types that any rule of any pack reviews.",
      "^policies/platform-baseline/rules/index\\.ts$",
    ),
    never(
      "one-rule-one-file",
      "^policies/[^/]+/rules/",
      "^policies/[^/]+/rules/",
      "A rule needs no other rule.",
      "^policies/[^/]+/rules/index\\.ts$",
    ),
    never("one-command-one-file", "^ops/commands/", "^ops/commands/", "What two commands need is in ops/ or ops/cli."),
    never(
      "policies-need-no-pack-to-report",
      "^ops/",
      "^policies/(?!lib/)[^/]+/(pack|index)\\.(ts|js)$",
      "A pack starts serving when it is loaded.",
    ),
    {
      name: "commands-are-loaded-when-used",
      comment: "Help is there at once: a command, and all that it needs, is loaded by import() when it is called.",
      severity: "error",
      from: { path: "^ops/(cli/|main\\.ts$)" },
      to: { path: "^ops/commands/", dependencyTypesNot: ["dynamic-import"] },
    },
    {
      name: "shipped-needs-no-dev-dependency",
      comment: "npm ci --omit=dev is enough to deploy and to operate.",
      severity: "error",
      from: { path: `${SHIPPED}|^(toolchain|rehearsal)/` },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "dependencies-are-declared",
      comment: "A package that only another package brings may be gone tomorrow.",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
    { name: "resolvable", comment: "A file that is not there.", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "^node_modules/" },
    exclude: { path: "^(coverage|node_modules)/\\.cache" },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"] },
  },
};
