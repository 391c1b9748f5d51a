import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  atLeast,
  ETCD_VERSION,
  KUBERNETES_VERSION,
  likeVersion,
  newerThan,
  PLUGIN_PACKAGES,
  pluginVersion,
  PULUMI_VERSION,
  REPOSITORY,
} from "../../toolchain/versions";

const read = (...parts: string[]) => readFileSync(join(REPOSITORY, ...parts), "utf8");

it.each([
  ["3.212.0", "3.212.0", true],
  ["3.212.1", "3.212.0", true],
  ["3.99.0", "3.212.0", false],
  ["4.0.0", "3.212.0", true],
  ["15.18", "15", true],
  ["14.99", "15", false],
  ["15", "15.0.1", false],
])("%s is at least %s: %s", (version, minimum, expected) => {
  expect(atLeast(version, minimum)).toBe(expected);
});

it("words a minimum and a likeness for people", () => {
  expect([newerThan("15").text, likeVersion("1.36.3", 2).text, likeVersion("5.2.1", 3).text]).toEqual(["15 or newer", "1.36.*", "5.2.1"]);
});

it("accepts another patch of the same minor version, and no other minor version", () => {
  const { accepts } = likeVersion("1.36.3", 2);
  expect(["1.36.3", "1.36.0", "1.36", "1.35.3", "1.3.6", "2.36.3"].filter(accepts)).toEqual(["1.36.3", "1.36.0", "1.36"]);
});

it.each([
  ["pulumi", `github.com/pulumi/pulumi/pkg/v3 v${PULUMI_VERSION}`],
  ["etcd", `go.etcd.io/etcd/server/v3 v${ETCD_VERSION}`],
  ["kubernetes", `k8s.io/kubernetes v${KUBERNETES_VERSION}`],
])("pins in toolchain/go/%s the version that it says it builds", (module, requirement) => {
  expect(
    read("toolchain", "go", module, "go.mod")
      .split("\n")
      .filter((line) => line.includes(requirement)),
  ).toHaveLength(1);
});

it.each([
  ["moto", "moto=="],
  ["gixy", "gixy-ng=="],
])("pins every Python package that %s needs to one version, and itself only in versions.ts", (name, itself) => {
  const lines = read("toolchain", "python", `${name}-constraints.txt`).trim().split("\n").slice(1);
  expect(lines.filter((line) => !/^[\w.-]+==[\w.]+$/.test(line))).toEqual([]);
  expect(lines.filter((line) => line.startsWith(itself))).toEqual([]);
});

it("expects of each plugin the version that package.json pins", () => {
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
  expect(PLUGIN_PACKAGES.map(pluginVersion)).toEqual(PLUGIN_PACKAGES.map((name) => dependencies[`@pulumi/${name}`]));
});
