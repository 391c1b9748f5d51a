/** What lets the rules of a pack share one copy of a resource. Proves the SDK's two functions are still the ones replaced; not how much time that saves (`npm run bench`). */
import "../../policies/lib/unpack-once";
import { AnalyzeRequest, AnalyzerResource, AnalyzerResourceOptions, AnalyzeStackRequest } from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

// The analyzer itself, which the package's types do not describe.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { makeAnalyzeRpcFun, makeAnalyzeStackRpcFun } = require("@pulumi/policy/server") as Record<
  "makeAnalyzeRpcFun" | "makeAnalyzeStackRpcFun",
  (name: string, version: string, level: string, policies: readonly object[]) => (call: object, done: (error: unknown) => void) => void
>;

const TYPE = "kubernetes:core/v1:Service";
const properties = Struct.fromJavaScript({ spec: { ports: [{ port: 80 }] } });

it("gives every rule about one resource the same copy of it", async () => {
  const request = new AnalyzeRequest();
  request.setType(TYPE);
  request.setProperties(properties);
  request.setOptions(new AnalyzerResourceOptions());
  const seen: unknown[] = [];
  const policies = ["a", "b"].map((name) => ({ name, validateResource: ({ props }: { props: unknown }) => seen.push(props) }));
  await new Promise((done) => makeAnalyzeRpcFun("pack", "1.0.0", "mandatory", policies)({ request }, done));
  expect(seen).toEqual([{ spec: { ports: [{ port: 80 }] } }, { spec: { ports: [{ port: 80 }] } }]);
  expect(seen[1]).toBe(seen[0]);
});

it("gives every stack-wide rule the same copy of each resource", async () => {
  const resource = new AnalyzerResource();
  resource.setType(TYPE);
  resource.setProperties(properties);
  resource.setOptions(new AnalyzerResourceOptions());
  const request = new AnalyzeStackRequest();
  request.setResourcesList([resource]);
  const seen: unknown[] = [];
  const policies = ["a", "b"].map((name) => ({
    name,
    validateStack: ({ resources }: { resources: readonly { props: unknown }[] }) => seen.push(resources[0]?.props),
  }));
  await new Promise((done) => makeAnalyzeStackRpcFun("pack", "1.0.0", "mandatory", policies)({ request }, done));
  expect(seen).toHaveLength(2);
  expect(seen[1]).toBe(seen[0]);
});
