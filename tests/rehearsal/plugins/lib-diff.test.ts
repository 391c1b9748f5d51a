import { UNKNOWN } from "../../../rehearsal/plugins/lib/contract";
import { diffInputs, formatPath, sameValue, topLevelName } from "../../../rehearsal/plugins/lib/diff";

describe("diffInputs", () => {
  it("names each leaf that differs, and how", () => {
    const olds = { size: 1, tags: { "app.kubernetes.io/name": "a", gone: "x" }, list: [{ port: 80 }, { port: 81 }], same: [1, { a: 2 }] };
    const news = { size: 2, tags: { "app.kubernetes.io/name": "b" }, list: [{ port: 8080 }], added: true, same: [1, { a: 2 }] };
    expect(diffInputs(olds, news)).toEqual([
      { path: "size", kind: "update", replace: false },
      { path: 'tags["app.kubernetes.io/name"]', kind: "update", replace: false },
      { path: "tags.gone", kind: "delete", replace: false },
      { path: "list[0].port", kind: "update", replace: false },
      { path: "list[1]", kind: "delete", replace: false },
      { path: "added", kind: "add", replace: false },
    ]);
  });

  it("replaces when a listed input changes anywhere inside, and only then", () => {
    expect(diffInputs({ keepers: { generation: "1" }, size: 1 }, { keepers: { generation: "2" }, size: 2 }, ["keepers"])).toEqual([
      { path: "keepers.generation", kind: "update", replace: true },
      { path: "size", kind: "update", replace: false },
    ]);
  });

  it("takes a value that is not known yet for a change", () => {
    expect(diffInputs({ name: "a" }, { name: UNKNOWN }, ["name"])).toEqual([{ path: "name", kind: "update", replace: true }]);
  });

  it("ignores bookkeeping of other providers, and counts null as absent", () => {
    expect(diffInputs({ __defaults: ["a"], gone: null, inner: { __defaults: [] } }, { __defaults: [], inner: {} })).toEqual([]);
  });

  it("tells a list from an object and a text from a number", () => {
    expect(sameValue(["a"], { 0: "a" })).toBe(false);
    expect(sameValue("1", 1)).toBe(false);
    expect(sameValue({ a: [1, null] }, { a: [1] })).toBe(true);
  });
});

describe("paths", () => {
  it.each([
    [["spec", "ports", 0, "port"], "spec.ports[0].port", "spec"],
    [["metadata", "labels", "a/b"], 'metadata.labels["a/b"]', "metadata"],
    [["a.b", "c"], '["a.b"].c', "a.b"],
    [['with"quote'], '["with\\"quote"]', 'with"quote'],
  ])("%j is written %s, under %s", (path, text, top) => {
    expect(formatPath(path)).toBe(text);
    expect(topLevelName(text)).toBe(top);
  });
});
