import { canonicalPolicy } from "../../../rehearsal/plugins/aws/policy-document";
import {
  block,
  flag,
  list,
  oneOfNumbers,
  optional,
  policy,
  required,
  set,
  text,
  textByKey,
  whole,
} from "../../../rehearsal/plugins/aws/shape";
import { UNKNOWN } from "../../../rehearsal/plugins/lib/contract";

const rule = block({ id: required(text()), days: optional(whole(1)), enabled: optional(flag, { fallback: true }) });
const shape = block({
  bucket: required(text(/^[a-z]+$/, "be lower-case letters")),
  rules: optional(set(rule)),
  steps: optional(list(rule)),
  days: optional(oneOfNumbers([1, 7], "days"), { fallback: 7 }),
  owner: optional(text(), { computed: true }),
  force: optional(flag, { fallback: false, unread: true }),
  policy: optional(policy),
  tags: optional(textByKey),
});

describe("the check of inputs", () => {
  it("names each wrong one by its path, its rule and what it got", () => {
    expect(
      shape.check(
        {
          bucket: "Dumps",
          days: 2,
          rules: [
            { id: "a", days: 0 },
            { enabled: "yes", weeks: 1 },
          ],
          steps: {},
          tags: { a: 1 },
        },
        "",
      ),
    ).toEqual([
      'bucket must be lower-case letters, got "Dumps".',
      "rules[0].days must be a whole number, 1 or more, got 0.",
      "rules[1].weeks is not known to the stand-in, which must not ignore it. It knows: id, days, enabled.",
      "rules[1].id is missing.",
      'rules[1].enabled must be true or false, got "yes".',
      "steps must be a list, got an object.",
      "days must be one of 1, 7 days, got 2.",
      "tags must be an object of texts.",
    ]);
  });

  it("says nothing about what is not known yet, at any depth", () => {
    expect(shape.check({ bucket: UNKNOWN, rules: [UNKNOWN, { id: UNKNOWN }], tags: { a: UNKNOWN }, policy: UNKNOWN }, "")).toEqual([]);
  });

  it.each([
    ["{", "policy must be a policy as JSON text, and this is no JSON."],
    ["{}", "policy must be a policy document with a Statement."],
    [3, "policy must be a policy as JSON text, got number."],
  ])("refuses the policy %s", (document, problem) => {
    expect(shape.check({ bucket: "dumps", policy: document }, "")).toEqual([problem]);
  });
});

describe("what a read-back makes of AWS's answer", () => {
  const declared = { bucket: "dumps", rules: [{ id: "b" }, { id: "a", days: 3 }], force: true };

  it("is the program's own words where AWS says the same in other ones", () => {
    const live = {
      bucket: "dumps",
      days: 7,
      owner: "me",
      rules: [
        { id: "a", days: 3, enabled: true },
        { id: "b", enabled: true },
      ],
      tags: {},
    };
    expect(shape.align(declared, live)).toEqual(declared);
  });

  it("holds what differs and what somebody added", () => {
    const live = { bucket: "dumps", days: 1, owner: "me", rules: [{ id: "a", days: 4, enabled: true }], tags: { a: "b" } };
    expect(shape.align(declared, live)).toEqual({ bucket: "dumps", days: 1, rules: [{ id: "a", days: 4 }], force: true, tags: { a: "b" } });
  });

  it("lacks what is gone", () => {
    expect(shape.align(declared, { bucket: "dumps" })).toEqual({ bucket: "dumps", force: true });
  });
});

describe("AWS's spelling", () => {
  it("is ours with capital letters, or by its own name, there and back", () => {
    const spelt = block({
      id: required(text(), { api: "ID" }),
      mode: optional(text()),
      inner: optional(list(block({ days: optional(whole(1)) }))),
    });
    const value = { id: "a", mode: "x", inner: [{ days: 1 }] };
    expect(spelt.toApi(value)).toEqual({ ID: "a", Mode: "x", Inner: [{ Days: 1 }] });
    expect(spelt.fromApi({ ...spelt.toApi(value), Unknown: 1, Other: null })).toEqual(value);
  });
});

describe("two policies", () => {
  const statement = { Sid: "S", Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: "*" };
  const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
  const same = (a: object, b: object) => canonicalPolicy(document(a)) === canonicalPolicy(document(b));

  it("mean the same in another order, in lists or not, and with an account for its root", () => {
    expect([
      same(statement, { ...statement, Action: ["s3:PutObject", "s3:GetObject"], Resource: ["*"] }),
      same({ ...statement, Principal: "*" }, { ...statement, Principal: { AWS: ["*"] } }),
      same({ Principal: { AWS: "arn:aws:iam::111122223333:root" } }, { Principal: { AWS: "111122223333" } }),
      same({ Condition: { Bool: { "aws:SecureTransport": false } } }, { Condition: { Bool: { "aws:SecureTransport": ["false"] } } }),
      canonicalPolicy(document(statement, {})) === canonicalPolicy(document({}, statement)),
      canonicalPolicy({ Statement: statement }) === canonicalPolicy('{ "Statement": [' + JSON.stringify(statement) + "] }"),
    ]).toEqual([true, true, true, true, true, true]);
  });

  it("differ by an action, a resource, a principal, a condition, an effect or a version", () => {
    expect([
      same(statement, { ...statement, Action: "s3:GetObject" }),
      same(statement, { ...statement, Resource: "arn:aws:s3:::a" }),
      same({ ...statement, Principal: "*" }, { ...statement, Principal: { Service: "*" } }),
      same(statement, { ...statement, Condition: { Bool: { "aws:SecureTransport": "true" } } }),
      same(statement, { ...statement, Effect: "Deny" }),
      canonicalPolicy({ Version: "2008-10-17", Statement: statement }) === canonicalPolicy(document(statement)),
    ]).toEqual([false, false, false, false, false, false]);
  });
});
