import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { UNKNOWN } from "../../../rehearsal/plugins/lib/contract";
import { Redactor } from "../../../rehearsal/plugins/lib/redactor";
import { decode, encode, mark, reveal, Secret } from "../../../rehearsal/plugins/lib/wire";

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const UNKNOWN_ON_THE_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("decode and encode", () => {
  it("turn the engine's markers into wrappers and back", () => {
    const wire = {
      plain: "a",
      later: UNKNOWN_ON_THE_WIRE,
      password: { ...SECRET, value: "hunter2" },
      nested: { list: [{ key: { ...SECRET, value: UNKNOWN_ON_THE_WIRE } }, 1, true] },
    };
    const marked = decode(Struct.fromJavaScript(wire));
    expect(marked).toEqual({
      plain: "a",
      later: UNKNOWN,
      password: new Secret("hunter2"),
      nested: { list: [{ key: new Secret(UNKNOWN) }, 1, true] },
    });
    expect(encode(marked).toJavaScript()).toEqual(wire);
  });

  it("drop what is not set", () => {
    expect(decode(Struct.fromJavaScript({ gone: null, kept: [null, 1] }))).toEqual({ kept: [null, 1] });
    expect(encode({ gone: undefined, also: null, kept: 0 }).toJavaScript()).toEqual({ kept: 0 });
  });

  it("refuse assets, which no stand-in could honour", () => {
    const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", text: "x" };
    expect(() => decode(Struct.fromJavaScript({ source: asset }))).toThrow(
      "The stand-in knows no assets, archives and resource references.",
    );
  });
});

describe("a secret", () => {
  it("does not show itself in a log", () => {
    expect(`${String(new Secret("hunter2"))} ${JSON.stringify({ password: new Secret("hunter2") })}`).toBe(
      '[secret] {"password":"[secret]"}',
    );
  });

  it("is found at every depth", () => {
    expect(reveal({ a: new Secret({ b: [new Secret("x")] }) })).toEqual({ a: { b: ["x"] } });
  });
});

describe("mark", () => {
  it("marks what the inputs had secret, member by member in objects and as a whole in lists", () => {
    const like = { spec: { token: new Secret("t"), size: 1 }, env: [{ name: "A", value: new Secret("v") }], absent: new Secret("n") };
    const plain = { spec: { token: "t", size: 1 }, env: [{ name: "A", value: "v" }], other: "o" };
    expect(mark(plain, like)).toEqual({
      spec: { token: new Secret("t"), size: 1 },
      env: new Secret([{ name: "A", value: "v" }]),
      other: "o",
    });
  });

  it("marks what the handler says is always secret, even when a part is marked already", () => {
    const like = { data: { a: new Secret("1") } };
    expect(mark({ data: { a: "1", b: "2" }, result: "r", id: "i" }, like, ["data", "result", "missing"])).toEqual({
      data: new Secret({ a: "1", b: "2" }),
      result: new Secret("r"),
      id: "i",
    });
  });

  it("leaves the values it was given alone", () => {
    const plain = { data: { a: "1" } };
    mark(plain, { data: { a: new Secret("1") } }, ["data"]);
    expect(plain).toEqual({ data: { a: "1" } });
  });
});

describe("the redactor", () => {
  it("blots out secrets, also as base64 and inside a JSON document, the longest first", () => {
    const redactor = new Redactor();
    redactor.learn({
      password: new Secret("hunter2"),
      longer: new Secret("hunter2-and-more"),
      document: new Secret('{"pepper":"ground-fine"}'),
    });
    expect(redactor.redact(`hunter2 ${Buffer.from("hunter2").toString("base64")} hunter2-and-more ground-fine pepper`)).toBe(
      "[secret] [secret] [secret] [secret] pepper",
    );
  });

  it("leaves plain values and very short secrets readable", () => {
    const redactor = new Redactor();
    redactor.learn({ name: "maestro", flag: new Secret("yes") });
    expect(redactor.redact("maestro yes")).toBe("maestro yes");
  });

  it("leaves a name readable that stands in a secret and in the open, whichever it saw first", () => {
    const credential = { stringData: new Secret({ PGDATABASE: "maestroverse", PGUSER: "maestro_backup", PGPASSWORD: "hunter2" }) };
    const object = { metadata: { namespace: "maestroverse", labels: ["app"] } };
    for (const order of [
      [credential, object],
      [object, credential],
    ]) {
      const redactor = new Redactor();
      order.forEach((value) => redactor.learn(value));
      expect(redactor.redact("maestroverse: maestro_backup has not hunter2")).toBe("maestroverse: [secret] has not [secret]");
    }
  });

  it("blots out what no name looks like, even where somebody says it in the open", () => {
    const redactor = new Redactor();
    redactor.learn({ password: new Secret("Xk2~pass"), copied: "Xk2~pass" });
    expect(redactor.redact("Xk2~pass")).toBe("[secret]");
  });
});
