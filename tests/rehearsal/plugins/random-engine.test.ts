import { pluginVersion } from "../../../toolchain/versions";
import { PluginStack } from "../../helpers/plugin-stack";
import { values } from "./programs/random";

jest.setTimeout(120_000);

const PROGRAMS = require.resolve("./programs/random");

describe("the stand-in for random under the real engine", () => {
  let stack: PluginStack;
  beforeAll(() => (stack = PluginStack.create({ packages: ["random"], stackName: "test-random" })));
  afterAll(() => stack.remove());

  const up = async (...args: Parameters<typeof values>) => (await stack.bind(values(...args))).up();
  let first: Awaited<ReturnType<typeof up>>;

  it("previews without touching anything, the values unknown", async () => {
    const preview = await (await stack.bind(values())).preview();
    expect(preview.changeSummary).toEqual({ create: 5 });
    expect(preview.stdout).toContain(`This is a stand-in for the random plugin ${pluginVersion("random")}, good for rehearsals only.`);
  });

  it("makes values of the shapes that were asked for", async () => {
    first = await up();
    expect(first.summary.resourceChanges).toEqual({ create: 5 });
    const { password, base64, hex, id, dec, text } = first.outputs;
    expect(password?.value).toMatch(/^[A-Za-z0-9_-]{24}$/);
    expect(Buffer.from(base64?.value as string, "base64").toString("hex")).toBe(hex?.value);
    expect(hex?.value).toHaveLength(64);
    expect(id?.value).toMatch(/^run-[0-9a-f]{8}$/);
    expect(BigInt((dec?.value as string).slice(4))).toBe(BigInt(`0x${(id?.value as string).slice(4)}`));
    expect(text?.value).toMatch(/^[a-z0-9]{8}$/);
  });

  it("keeps passwords and keys secret in the outputs and out of the state file's plain text", () => {
    const secrets = ["password", "base64", "hex"].map((name) => first.outputs[name]);
    expect(secrets.map((output) => output?.secret)).toEqual([true, true, true]);
    const state = stack.stateText();
    expect(secrets.filter((output) => state.includes(output?.value as string))).toEqual([]);
  });

  it("changes nothing on a second run, nor on a refresh", async () => {
    const again = await up();
    expect(again.summary.resourceChanges).toEqual({ same: 5 });
    expect(again.outputs).toEqual(first.outputs);
    expect((await (await stack.bind(values())).refresh()).summary.resourceChanges).toEqual({ same: 5 });
  });

  it("replaces a value when its keepers change, and no other", async () => {
    const next = await up({ generation: "2" });
    expect(next.summary.resourceChanges).toEqual({ same: 4, replace: 1 });
    expect(next.outputs["password"]?.value).not.toBe(first.outputs["password"]?.value);
    expect(next.outputs["hex"]).toEqual(first.outputs["hex"]);
  });

  it("refuses at preview what it cannot do", async () => {
    expect(await stack.failure("preview", { file: PROGRAMS, name: "values", settings: { length: 1 } })).toContain(
      "must be at least the 2 characters that the minimums ask for, got 1.",
    );
    expect(await stack.failure("preview", { file: PROGRAMS, name: "unknownType" })).toContain(
      "the stand-in for the random plugin does not know the resource type random:index/randomPet:RandomPet and must not ignore it.",
    );
  });

  it("leaves nothing after destroy", async () => {
    expect((await (await stack.bind(values({ generation: "2" }))).destroy()).summary.resourceChanges).toEqual({ delete: 5 });
  });
});

describe("a stack that is not the rehearsal", () => {
  it("is previewed, but never deployed", async () => {
    const stack = PluginStack.create({ packages: ["random"], stackName: "prod", allowedStacks: "test-random" });
    try {
      const bound = await stack.bind(values());
      expect((await bound.preview()).changeSummary).toEqual({ create: 5 });
      await expect(bound.up()).rejects.toThrow(
        'The stand-in for the random plugin works for the stack "rehearsal" only, and this is "prod".',
      );
      expect((await bound.destroy()).summary.resourceChanges).toEqual({ delete: 1 });
    } finally {
      stack.remove();
    }
  });
});
