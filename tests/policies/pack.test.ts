/** A pack fails closed, and its waivers are honest. Calls the policies as the analyzer does. */
import { stackView } from "../../policies/lib/evaluate";
import { type Policy, policyPack, readWaivers } from "../../policies/lib/pack";
import type { Properties, Rule } from "../../policies/lib/rule";
import { throwingUnknowns } from "../../policies/lib/unknown";
import { parseWaivers, type Waivers } from "../../policies/lib/waivers";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const NOW = new Date("2026-11-25T12:00:00Z");

const common = { severity: "high" as const, checklist: [], remediationSteps: "Make it blue.", page: "runbook/1-https.md" };
const blue: Rule = {
  ...common,
  name: "thing-enforce-blue",
  description: "Every thing is blue.",
  types: ["test:index:Thing"],
  limits: { hue: { description: "Largest hue", unit: "degrees", default: 240, minimum: 180, maximum: 240 } },
  check: ({ properties }, report, { limits }) => {
    if (properties["colour"] !== "blue") report({ field: "colour", found: properties["colour"], fix: "Set it to blue." });
    if (Number(properties["hue"]) > limits["hue"]) report({ field: "hue", found: properties["hue"], fix: "Lower it." });
  },
};
const pair: Rule = {
  ...common,
  name: "thing-enforce-pair",
  description: "Things come in pairs.",
  types: ["test:index:Thing"],
  checkStack: (stack, report) => {
    const [first, second] = stack.ofType("test:index:Thing");
    if (second === undefined) report(first, { field: "pair", found: undefined, fix: "Add another one." });
  },
};

interface Thing {
  readonly name: string;
  readonly props: Properties;
  readonly type?: string;
}
const urnOf = (name: string) => `urn:pulumi:staging::maestroverse-ops::test:index:Thing::${name}`;

/** Runs a pack as the analyzer does: each resource, then the stack. */
function analyze(
  things: readonly Thing[],
  waivers: Waivers = { waivers: [], problems: [] },
  rules: readonly Rule[] = [blue, pair],
  limits = {},
) {
  const { policies } = policyPack({ name: "platform-baseline", version: "1.0.0", rules, waivers, now: () => NOW });
  const found: string[] = [];
  const resources = things.map(({ name, props, type = "test:index:Thing" }) => ({
    name,
    type,
    urn: urnOf(name),
    properties: throwingUnknowns(props),
  }));
  const reportOf = (policy: Policy) => (message: string) => found.push(`${policy.name} ${message}`);
  for (const policy of policies)
    if ("validateResource" in policy)
      for (const resource of resources)
        if (policy.types.includes(resource.type)) policy.validateResource(resource, limits, reportOf(policy));
  const stack = stackView(resources);
  for (const policy of policies) if ("validateStack" in policy) policy.validateStack(stack, limits, reportOf(policy));
  return found;
}

const PAIR: readonly Thing[] = ["a", "b"].map((name) => ({ name, props: { colour: "blue", hue: 200 } }));

it("passes what holds", () => {
  expect(analyze(PAIR)).toEqual([]);
});

it("says resource, field, value and fix of a violation", () => {
  expect(analyze([{ name: "a", props: { colour: "red", hue: 1 } }, PAIR[1]])).toEqual([
    "thing-enforce-blue a: colour is red. Set it to blue.",
  ]);
  expect(analyze([{ name: "a", props: {} }, PAIR[1]])).toEqual(["thing-enforce-blue a: colour is absent. Set it to blue."]);
  expect(analyze([PAIR[0]])).toEqual(["thing-enforce-pair a: pair is absent. Add another one."]);
});

it("tightens a number by the pack's configuration", () => {
  expect(analyze(PAIR, undefined, undefined, { hue: 180 })).toEqual([
    "thing-enforce-blue a: hue is 200. Lower it.",
    "thing-enforce-blue b: hue is 200. Lower it.",
  ]);
});

it("takes no configuration that loosens a number", () => {
  expect(analyze(PAIR, undefined, [blue], { hue: 241 })).toEqual(
    ["a", "b"].map(
      (name) =>
        `thing-enforce-blue ${name}: UNDETERMINED: thing-enforce-blue could not be evaluated: it failed with hue must be 180 to 240 (degrees) in the pack's configuration, got 241. A gate that cannot tell does not pass.`,
    ),
  );
});

describe("what cannot be told does not pass", () => {
  it("when a value is unknown at preview, naming its path", () => {
    expect(analyze([{ name: "a", props: { colour: UNKNOWN, hue: 1 } }, PAIR[1]])).toEqual([
      "thing-enforce-blue a: UNDETERMINED: thing-enforce-blue could not be evaluated: it reads a value that is not known at preview (string value at .colour can't be known during preview). A gate that cannot tell does not pass.",
    ]);
  });

  it("when a rule throws, without the text of an error that may hold a value", () => {
    const throwing: Rule = {
      ...common,
      name: "thing-enforce-json",
      description: "Things are JSON.",
      types: ["test:index:Thing"],
      check: ({ properties }) => void JSON.parse(properties["colour"] as string),
    };
    expect(analyze(PAIR, undefined, [throwing])).toEqual(
      ["a", "b"].map(
        (name) =>
          `thing-enforce-json ${name}: UNDETERMINED: thing-enforce-json could not be evaluated: it failed with SyntaxError. A gate that cannot tell does not pass.`,
      ),
    );
  });

  it("when a rule saw nothing, resource rule or stack rule", () => {
    const missing = (rule: string) =>
      `stack: UNDETERMINED: ${rule} could not be evaluated: the stack has no test:index:Thing to look at. A gate that cannot tell does not pass.`;
    expect(analyze([{ name: "other", props: {}, type: "test:index:Other" }])).toEqual([
      `thing-enforce-pair ${missing("thing-enforce-pair")}`,
      `stack-enforce-coverage ${missing("thing-enforce-blue")}`,
    ]);
    expect(analyze([])).toHaveLength(2);
  });

  it("but a rule whose resources may be absent has nothing to say of a stack without them", () => {
    expect(analyze([], undefined, [{ ...blue, mayBeAbsent: "this stack has no things" }])).toEqual([]);
  });
});

describe("waivers", () => {
  const RED: readonly Thing[] = [{ name: "a", props: { colour: "red", hue: 1 } }, PAIR[1]];
  const entry = {
    pack: "platform-baseline",
    rule: "thing-enforce-blue",
    urn: "urn:pulumi:staging::*::a",
    reason: "painted next week, see the plan",
    owner: "ops@maestroverse.edu",
    granted: "2026-11-20",
    expires: "2026-12-20",
  };
  const waivers = (...entries: object[]) => parseWaivers(JSON.stringify({ waivers: entries }));

  it("excuse a violation, and are printed", () => {
    expect(analyze(RED, waivers(entry))).toEqual([
      "waiver-enable-notice thing-enforce-blue is waived for urn:pulumi:staging::*::a until 2026-12-20 (ops@maestroverse.edu): painted next week, see the plan",
    ]);
  });

  it("do not excuse what could not be determined, nor another resource, nor another stack", () => {
    expect(analyze([{ name: "a", props: { colour: UNKNOWN } }, PAIR[1]], waivers(entry))[0]).toContain("UNDETERMINED");
    expect(analyze(RED, waivers({ ...entry, urn: "urn:pulumi:staging::*::b" }))[0]).toBe(
      "thing-enforce-blue a: colour is red. Set it to blue.",
    );
    expect(analyze(RED, waivers({ ...entry, urn: "urn:pulumi:prod::*::a" }))).toEqual([
      "thing-enforce-blue a: colour is red. Set it to blue.",
    ]);
  });

  it.each([
    ["expired", { granted: "2026-08-27", expires: "2026-11-24" }, "is granted 2026-08-27 to 2026-11-24"],
    ["not yet granted", { granted: "2026-11-26", expires: "2026-11-27" }, "is granted 2026-11-26 to 2026-11-27"],
  ])("that are %s excuse nothing and fail", (_, dates, says) => {
    const found = analyze(RED, waivers({ ...entry, ...dates }));
    expect(found[0]).toBe("thing-enforce-blue a: colour is red. Set it to blue.");
    expect(found.slice(1)).toEqual([
      expect.stringContaining(
        `waiver-enforce-validity waiver of thing-enforce-blue for ${entry.urn} (${entry.owner}) is not in force: it ${says}`,
      ),
    ]);
  });

  it("that excuse nothing fail, and so do those of a rule that does not exist", () => {
    expect(analyze(PAIR, waivers(entry))[0]).toBe(
      `waiver-enforce-validity waiver of thing-enforce-blue for ${entry.urn} (${entry.owner}) excused nothing. Remove it.`,
    );
    expect(analyze(PAIR, waivers({ ...entry, rule: "thing-enforce-red" }))[0]).toBe(
      "waiver-enforce-validity waiver of thing-enforce-red: platform-baseline has no such rule. Remove the waiver.",
    );
  });

  it.each([
    [{ ...entry, expires: "2027-02-19" }, "waivers[0].expires must be 0 to 90 days after granted."],
    [{ ...entry, expires: "2026-11-19" }, "waivers[0].expires must be 0 to 90 days after granted."],
    [{ ...entry, reason: "because" }, "waivers[0].reason must be a reason of 20 characters or more."],
    [{ ...entry, owner: "me" }, "waivers[0].owner must be an e-mail address."],
    [{ ...entry, urn: "urn:pulumi:*::a" }, "waivers[0].urn must be a URN that names its stack: urn:pulumi:staging::…."],
    [{ ...entry, pack: "other" }, "waivers[0].pack must be maestroverse-checklist or platform-baseline."],
  ])("that are malformed fail: %#", (bad, problem) => {
    expect(analyze(PAIR, waivers(bad))).toEqual([`waiver-enforce-validity ${problem}`]);
  });

  it("are all wrong in a file that is no list of waivers", () => {
    expect(parseWaivers("waivers: {").problems).toEqual([expect.stringContaining("waivers.yaml is no YAML")]);
    expect(parseWaivers("[]").problems).toEqual(["waivers.yaml must be a mapping with the one key waivers, a list. Write waivers: []."]);
  });

  it("of this repository are well-formed", () => {
    expect(readWaivers().problems).toEqual([]);
  });
});
