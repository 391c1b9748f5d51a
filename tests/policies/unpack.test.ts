/** What rules read of a resource is what protobuf's own objects hold. */
import { AnalyzeRequest, AnalyzerProviderResource, AnalyzerResourceOptions } from "@pulumi/pulumi/proto/analyzer_pb";
import * as policy from "@pulumi/policy";
import fc from "fast-check";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { throwingUnknowns, UnknownValueError } from "../../policies/lib/unknown";
import { unpackResource } from "../../policies/lib/unpack";

const unpacked = (properties: unknown) => {
  const request = new AnalyzeRequest().setProperties(Struct.fromJavaScript(properties as Record<string, JavaScriptValue>));
  return unpackResource(Buffer.from(request.serializeBinary())).properties;
};

it("is any JSON, as it was sent", () => {
  const properties = fc.dictionary(
    fc.string({ unit: "grapheme" }).filter((key) => key !== "__proto__"),
    fc.jsonValue(),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(properties, (sent) => {
      // Protobuf's own reading, for what it makes of -0 and of empty lists.
      expect(unpacked(sent)).toEqual(
        Struct.deserializeBinary(Struct.fromJavaScript(sent as Record<string, JavaScriptValue>).serializeBinary()).toJavaScript(),
      );
    }),
  );
});

it("has type, name, urn, the inputs that are left as they are found, and the provider", () => {
  const provider = new AnalyzerProviderResource().setType("pulumi:providers:aws").setName("aws").setUrn("urn:provider");
  const request = new AnalyzeRequest().setType("aws:s3/bucket:Bucket").setName("dumps").setUrn("urn:dumps").setProvider(provider);
  const options = new AnalyzerResourceOptions().setProtect(true).setAliasesList(["urn:old"]).setParent("urn:parent");
  request.setOptions(options.setIgnorechangesList(["tags", "secretString"]));
  const resource = unpackResource(Buffer.from(request.serializeBinary()));
  expect(resource).toEqual({
    type: "aws:s3/bucket:Bucket",
    name: "dumps",
    urn: "urn:dumps",
    properties: {},
    ignoreChanges: ["tags", "secretString"],
    provider: { type: "pulumi:providers:aws", name: "aws", urn: "urn:provider", properties: {} },
  });
});

it("has secrets unpacked, in lists and in secrets too", () => {
  const secret = (value: unknown) => ({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value });
  expect(unpacked({ a: secret("x"), b: [secret({ c: secret(1) })] })).toEqual({ a: "x", b: [{ c: 1 }] });
});

it.each([
  ["1c4a061d-8072-4f0a-a4cb-0ff528b18fe7"],
  ["3eeb2bf0-c639-47a8-9e75-3b44932eb421"],
  ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"],
  ["6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"],
  ["030794c1-ac77-496b-92df-f27374a8bd58"],
  ["e48ece36-62e2-4504-bad9-02848725956a"],
  ["dd056dcd-154b-4c76-9bd3-c8f88648b5ff"],
])("throws where %s stands for what is not known, with the SDK's words, and nowhere else", (unknown) => {
  const sent = { known: 1, list: [{ deep: unknown }] };
  // Its own types do not describe it.
  const sdk = policy.unknownCheckingProxy as (properties: unknown) => typeof sent;
  const message = (read: () => unknown) => {
    try {
      return String(read());
    } catch (error) {
      return (error as Error).message;
    }
  };
  const ours = unpacked(sent) as typeof sent;
  expect(ours.known).toBe(1);
  expect(Object.keys(ours.list[0] ?? {})).toEqual(["deep"]);
  expect(() => ours.list.map(({ deep }) => deep)).toThrow(UnknownValueError);
  expect(message(() => ours.list[0]?.deep)).toBe(message(() => sdk(sent).list[0]?.deep));
  expect(message(() => throwingUnknowns({ top: unknown }).top)).toBe(
    message(() => (sdk({ top: unknown }) as unknown as { top: string }).top),
  );
});
