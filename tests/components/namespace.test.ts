import { HardenedNamespace, validateHardenedNamespace } from "../../components/namespace";
import { ComponentArgumentsError } from "../../components/lib/component-error";
import { startMocks } from "../helpers/mocks";

it.each(["maestroverse", "a", "team-7"])("accepts the name %s", (namespaceName) => {
  expect(validateHardenedNamespace({ namespaceName })).toEqual([]);
});

it.each(["", "Maestroverse", "-a", "a_b", "a".repeat(64)])("refuses %j, which is no DNS label", (namespaceName) => {
  expect(validateHardenedNamespace({ namespaceName })).toEqual([
    `namespaceName must be a DNS label: lower-case letters, digits and '-', 63 at most, got "${namespaceName}". For example maestroverse.`,
  ]);
});

it.each(["default", "kube-system"])("refuses %s: everything that runs there would lose its network", (namespaceName) => {
  expect(validateHardenedNamespace({ namespaceName })).toEqual([
    `namespaceName must be none that the cluster came with, got "${namespaceName}": what runs there would be cut off. Choose another.`,
  ]);
});

it("creates nothing when its name is refused", async () => {
  const mocks = await startMocks();
  await expect(mocks.run(() => new HardenedNamespace("n", { namespaceName: "kube-system", labels: {} }))).rejects.toThrow(
    new ComponentArgumentsError("HardenedNamespace", validateHardenedNamespace({ namespaceName: "kube-system" })),
  );
  expect(mocks.resources.filter(({ custom }) => custom)).toEqual([]);
});

it("enforces restricted pods and denies all traffic", async () => {
  const mocks = await startMocks();
  await mocks.run(() => new HardenedNamespace("n", { namespaceName: "room", labels: { team: "ops" } }));
  expect(mocks.childrenOf("n")).toEqual([
    "kubernetes:core/v1:Namespace n-namespace",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy n-default-deny",
  ]);
  expect(mocks.resource("n-namespace").inputs["metadata"]).toEqual({
    name: "room",
    labels: {
      team: "ops",
      "pod-security.kubernetes.io/enforce": "restricted",
      "pod-security.kubernetes.io/enforce-version": "latest",
      "pod-security.kubernetes.io/audit": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
    },
  });
  expect(mocks.resource("n-default-deny").inputs["spec"]).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
});
