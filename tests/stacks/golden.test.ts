/** Every stack's program as a whole, by the mock monitor: what it registers, how it hangs together, and that secrets stay secret. */
import type { DumpedResource } from "../helpers/dump-stack";
import { DUMPED_STACKS, dumpStack, readGolden } from "../helpers/stack-dumps";

describe.each(DUMPED_STACKS)("the program of stack %s", (stack) => {
  let text: string;
  let resources: DumpedResource[];
  beforeAll(async () => {
    text = await dumpStack(stack);
    resources = JSON.parse(text) as DumpedResource[];
  }, 60_000);

  it("registers what the golden dump says (after a wanted change: npm run test:update-golden, and review the diff)", () => {
    expect(text).toBe(readGolden(stack));
  });

  it("hangs every resource but providers and sections under a component", () => {
    const orphans = resources.filter(({ parent }) => parent === undefined || parent === `maestroverse-ops-${stack}`);
    expect(orphans.map(({ type, name }) => `${type} ${name}`)).toEqual([
      "maestroverse:ops:AppSecrets app-secrets",
      "maestroverse:ops:Backups backup",
      "maestroverse:ops:DatabaseRoles database",
      "maestroverse:ops:Edge edge",
      "maestroverse:ops:HardenedNamespace maestroverse",
      "maestroverse:ops:HardenedNamespace migrations",
      "maestroverse:ops:Observability observability",
      "maestroverse:ops:WebService maestroverse-server",
      "pulumi:providers:aws aws",
      "pulumi:providers:aws aws-second-region",
      "pulumi:providers:datadog datadog",
      "pulumi:providers:kubernetes kubernetes",
      "pulumi:providers:postgresql postgresql",
    ]);
  });

  it("keeps every generated value secret wherever it goes", () => {
    // Providers mark their own credentials.
    const carriers = resources.filter(
      ({ type, inputs }) => !type.startsWith("pulumi:providers:") && JSON.stringify(inputs).includes('"[secret]"'),
    );
    expect([...new Set(carriers.map(({ type }) => type))].sort()).toEqual([
      "aws:secretsmanager/secretVersion:SecretVersion",
      "kubernetes:core/v1:Secret",
      "postgresql:index/role:Role",
    ]);
    for (const { type, inputs } of carriers) {
      const of = { "kubernetes:core/v1:Secret": "stringData", "postgresql:index/role:Role": "password" }[type] ?? "secretString";
      expect((inputs as Record<string, unknown>)[of]).toBe("[secret]");
    }
  });
});
