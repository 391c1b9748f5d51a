import * as policy from "@pulumi/policy";
import { enforceIngressHttps } from "../../policies/rules/enforce-ingress-https";

const GOOD = {
  metadata: { name: "api", annotations: { "nginx.org/ssl-redirect": "true", "nginx.org/http-redirect-code": "301" } },
  spec: { tls: [{ hosts: ["api.example.edu"], secretName: "tls" }], rules: [{ host: "api.example.edu" }] },
};
// The package's own types do not describe it.
const unknownCheckingProxy = policy.unknownCheckingProxy as (properties: unknown) => unknown;
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function violationsOf(properties: unknown, type = "kubernetes:networking.k8s.io/v1:Ingress"): string[] {
  const messages: string[] = [];
  const args = { type, name: "ingress", props: properties, urn: "urn" } as unknown as policy.ResourceValidationArgs;
  const validate = enforceIngressHttps.validateResource;
  if (typeof validate !== "function") throw new Error("the rule must be one function");
  void validate(args, (message) => messages.push(message));
  return messages;
}

describe("ingress-enforce-https", () => {
  it("is mandatory", () => {
    expect(enforceIngressHttps.enforcementLevel).toBe("mandatory");
  });

  it("accepts an Ingress that redirects with 301 and has a certificate for its host", () => {
    expect(violationsOf(GOOD)).toEqual([]);
  });

  it("ignores other types", () => {
    expect(violationsOf({}, "kubernetes:core/v1:Service")).toEqual([]);
  });

  it("counts absent fields as violations, and reports every one", () => {
    expect(violationsOf({})).toEqual([
      'ingress: metadata.annotations["nginx.org/ssl-redirect"] is absent. Set it to "true".',
      'ingress: metadata.annotations["nginx.org/http-redirect-code"] is absent. Set it to "301".',
      "ingress: spec.rules is empty: the Ingress answers for every host. Name the host.",
    ]);
  });

  it("refuses another redirect code", () => {
    const annotations = { ...GOOD.metadata.annotations, "nginx.org/http-redirect-code": "308" };
    expect(violationsOf({ ...GOOD, metadata: { annotations } })).toEqual([
      'ingress: metadata.annotations["nginx.org/http-redirect-code"] is 308. Set it to "301".',
    ]);
  });

  it.each([
    ["another host's certificate", [{ hosts: ["www.example.edu"], secretName: "tls" }]],
    ["no certificate", undefined],
    ["an entry without a Secret", [{ hosts: ["api.example.edu"] }]],
  ])("refuses %s", (_, tls) => {
    expect(violationsOf({ ...GOOD, spec: { ...GOOD.spec, tls } })).toEqual([
      "ingress: spec.tls has no certificate for api.example.edu. Add an entry with its host and secretName.",
    ]);
  });

  it.each([["*.example.edu"], [undefined]])("refuses the host %s", (host) => {
    expect(violationsOf({ ...GOOD, spec: { ...GOOD.spec, rules: [{ host }] } })).toEqual([
      `ingress: spec.rules[].host is ${host ?? "absent"}. Name one host.`,
    ]);
  });

  describe("of a host whose Ingresses the controller merges", () => {
    const minion = (host?: string) => ({
      metadata: { annotations: { "nginx.org/mergeable-ingress-type": "minion" } },
      spec: { rules: [{ host }] },
    });

    it("accepts a minion without redirect and certificate, which the controller refuses there", () => {
      expect(violationsOf(minion("api.example.edu"))).toEqual([]);
    });

    it("refuses a minion without a host", () => {
      expect(violationsOf(minion())).toEqual(["ingress: spec.rules[].host is absent. Name one host."]);
    });

    it("asks of the master what it asks of any other Ingress", () => {
      expect(
        violationsOf({ ...minion("api.example.edu"), metadata: { annotations: { "nginx.org/mergeable-ingress-type": "master" } } }),
      ).toEqual([
        'ingress: metadata.annotations["nginx.org/ssl-redirect"] is absent. Set it to "true".',
        'ingress: metadata.annotations["nginx.org/http-redirect-code"] is absent. Set it to "301".',
        "ingress: spec.tls has no certificate for api.example.edu. Add an entry with its host and secretName.",
      ]);
    });
  });

  it("fails closed on a value that is unknown at preview", () => {
    const annotations = { ...GOOD.metadata.annotations, "nginx.org/ssl-redirect": UNKNOWN };
    expect(violationsOf(unknownCheckingProxy({ ...GOOD, metadata: { annotations } }))).toEqual([
      "ingress: UNDETERMINED: ingress-enforce-https could not be evaluated: a value that it reads is not known at preview. A gate that cannot tell does not pass.",
    ]);
  });

  it("fails closed on an exception of its own", () => {
    expect(violationsOf({ ...GOOD, spec: { rules: [null] } })[0]).toMatch(/^ingress: UNDETERMINED: /);
  });
});
