import { booleanSetting, jsonSetting, numberSetting, textSetting } from "../../../rehearsal/plugins/lib/settings";
import { ALLOWED_STACKS_VARIABLE, requireRehearsalStack } from "../../../rehearsal/plugins/lib/stack-guard";
import { nameOf, stackOf, typeOf } from "../../../rehearsal/plugins/lib/urn";

const urn = (stack: string) => `urn:pulumi:${stack}::ops::maestroverse:ops:Edge$kubernetes:core/v1:Secret::web::odd`;

describe("settings", () => {
  it("keep text as it is, even where it looks like a number", () => {
    expect(textSetting({ password: "12345" }, "password")).toBe("12345");
    expect(textSetting({ password: "" }, "password")).toBeUndefined();
  });

  it("are decoded from the JSON that the SDK writes", () => {
    expect(booleanSetting({ flag: "false" }, "flag")).toBe(false);
    expect(numberSetting({ port: "5432" }, "port")).toBe(5432);
    expect(jsonSetting({ endpoints: '[{"s3":"http://127.0.0.1"}]' }, "endpoints")).toEqual([{ s3: "http://127.0.0.1" }]);
    expect(booleanSetting({}, "flag")).toBeUndefined();
  });

  it("are refused with their name, not their value", () => {
    expect(() => booleanSetting({ flag: "secret-by-mistake" }, "flag")).toThrow(
      "Provider setting flag must be JSON. Let the SDK encode it, or write it as JSON in the stack's config.",
    );
    expect(() => numberSetting({ port: "true" }, "port")).toThrow("Provider setting port must be a number, got boolean.");
  });
});

describe("urns", () => {
  it("are taken apart", () => {
    expect([stackOf(urn("prod")), typeOf(urn("prod")), nameOf(urn("prod"))]).toEqual(["prod", "kubernetes:core/v1:Secret", "web::odd"]);
  });
});

describe("the stack guard", () => {
  afterEach(() => delete process.env[ALLOWED_STACKS_VARIABLE]);

  it("lets the rehearsal through", () => {
    expect(() => requireRehearsalStack(urn("rehearsal"), "aws")).not.toThrow();
  });

  it("refuses any other stack and says what to do", () => {
    expect(() => requireRehearsalStack(urn("prod"), "aws")).toThrow(
      'The stand-in for the aws plugin works for the stack "rehearsal" only, and this is "prod". Install the official plugin ' +
        "(pulumi plugin install resource aws) and take the stand-in off PATH, then run again. Previews of any stack are fine.",
    );
  });

  it("lets the stacks of engine tests through by name, and never one that is not called a test", () => {
    process.env[ALLOWED_STACKS_VARIABLE] = "test-a, prod";
    expect(() => requireRehearsalStack(urn("test-a"), "aws")).not.toThrow();
    expect(() => requireRehearsalStack(urn("test-b"), "aws")).toThrow("test-b");
    expect(() => requireRehearsalStack(urn("prod"), "aws")).toThrow("prod");
  });
});
