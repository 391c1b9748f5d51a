/** The steps of a rotation, without a cluster: a model stands for it, and runs that are cut off anywhere end where the others do. */
import fc from "fast-check";
import { generationsTag, secretValues } from "../../components/lib/generations";
import { SECRET_NAMES } from "../../config";
import type { Deployed } from "../../ops/rotate/deployed";
import type { SecretGenerations, SecretName } from "../../ops/rotate/generations";
import { nextStep, refusals, type Situation, type Step, type Wish } from "../../ops/rotate/plan";

const START = new Date("2026-11-25T12:00:00Z");
const OVERLAP = 150;
const ROLLOUT = 100;
const first = () => ({ generation: 1, rotatedOn: "2026-11-01", overlap: false as const });
const STEADY = Object.fromEntries(SECRET_NAMES.map((name) => [name, first()])) as unknown as SecretGenerations;
const all = (kind: Wish["kind"] = "rotate", again = false): Wish => ({ kind, secrets: SECRET_NAMES, again });

/** A stack: what its settings say, what runs, and which pairs of states stood side by side. */
class Model {
  deployed: SecretGenerations;
  readonly rollouts: [SecretGenerations, SecretGenerations][] = [];
  readonly trace: string[] = [];
  held: Situation["held"] = {};
  now = START;
  private createdAt = new Date("2026-11-01T00:00:00Z");
  private rolledOutAt = this.createdAt;

  constructor(public generations = STEADY) {
    this.deployed = generations;
  }

  /** A run of the command. @param steps after which it is killed */
  run(wish: Wish, steps = Infinity): Step {
    let broughtUp: string | undefined;
    for (let count = 0; ; count++) {
      const step = nextStep(wish, { ...this.situation(), broughtUp, finished: [] });
      if (step.kind === "done" || count >= steps) return step;
      if (count > 50) throw new Error(`no end: ${this.trace.join(", ")}`);
      this.trace.push(step.kind === "edit" ? step.what : step.kind);
      if (step.kind === "edit") this.generations = { ...this.generations, ...step.edits };
      if (step.kind === "wait") this.now = step.until;
      if (step.kind === "deploy") {
        broughtUp = generationsTag(this.generations);
        this.deploy();
      }
    }
  }

  situation(): Omit<Situation, "broughtUp" | "finished"> {
    const deployed: Deployed = {
      tag: generationsTag(this.deployed),
      pods: [],
      isRolledOut: true,
      secretCreatedAt: this.createdAt,
      rolledOutAt: this.rolledOutAt,
      hasSigned: (name, generation) => this.rollouts.some((pair) => pair.some((each) => each[name].generation === generation)),
    };
    return { generations: this.generations, deployed, held: this.held, overlapSeconds: OVERLAP, rolloutSeconds: ROLLOUT, now: this.now };
  }

  private deploy(): void {
    if (generationsTag(this.deployed) === generationsTag(this.generations)) return;
    this.rollouts.push([this.deployed, this.generations]);
    this.deployed = this.generations;
    this.createdAt = this.now;
    this.rolledOutAt = this.now = new Date(this.now.getTime() + 40_000);
  }
}

/** Whether pods of the two states accept what each other's sign. */
function agree([before, after]: [SecretGenerations, SecretGenerations]): boolean {
  const accepted = (state: SecretGenerations, name: SecretName) =>
    secretValues({ [name]: state[name] }).map(({ generation }) => generation);
  return SECRET_NAMES.every(
    (name) => accepted(before, name).includes(after[name].generation) && accepted(after, name).includes(before[name].generation),
  );
}

it("prepares, publishes, waits and retires, with one rollout for all secrets at each change", () => {
  const model = new Model();
  expect(model.run(all())).toEqual({ kind: "done", held: {} });
  expect(model.trace).toEqual(["deploy", "prepare", "deploy", "publish", "deploy", "wait", "retire", "deploy"]);
  expect(model.rollouts.map((pair) => pair.map(generationsTag).join(" → "))).toEqual([
    "1-1-1-1 → 1n-1n-1n-1n",
    "1n-1n-1n-1n → 2o-2o-2o-2o",
    "2o-2o-2o-2o → 2-2-2-2",
  ]);
  expect(Object.values(model.generations)).toEqual(SECRET_NAMES.map(() => ({ generation: 2, rotatedOn: "2026-11-25", overlap: false })));
});

it("leaves the other secrets alone", () => {
  const model = new Model();
  model.run({ ...all(), secrets: ["CSRF_SECRET"] });
  expect(generationsTag(model.generations)).toBe("1-1-1-2");
});

it("ends in the same place wherever it is cut off, however often", () => {
  const whole = new Model();
  whole.run(all());
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 20 }), (kills) => {
      const model = new Model();
      for (const steps of kills) model.run(all(), steps);
      expect(model.run(all())).toEqual({ kind: "done", held: {} });
      expect([model.generations, model.deployed]).toEqual([whole.generations, whole.deployed]);
    }),
  );
});

it("never has pods side by side of which one refuses what the other signs, whatever is asked for and cut off", () => {
  const wish = fc.record({
    kind: fc.constantFrom<Wish["kind"]>("rotate", "rollback"),
    secrets: fc.subarray([...SECRET_NAMES], { minLength: 1 }),
    again: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(wish, fc.nat(9)), { maxLength: 8 }), (runs) => {
      const model = new Model();
      for (const [each, steps] of runs) model.run({ ...each, again: each.again && steps < 9 }, steps);
      expect(model.rollouts.filter((pair) => !agree(pair)).map((pair) => pair.map(generationsTag))).toEqual([]);
    }),
  );
});

it("retires nothing before its time: the longest token after the last pod that signed with it", () => {
  const model = new Model();
  model.run(all(), 5);
  const wait = nextStep(all(), { ...model.situation(), broughtUp: generationsTag(model.generations), finished: [] });
  // Published at 12:00:40, rolled out at 12:01:20: 150 s from the one, or 50 from the other.
  expect(wait).toEqual({ kind: "wait", until: new Date("2026-11-25T12:03:10Z"), secrets: SECRET_NAMES });
  const situation = model.situation();
  const slow = { ...situation, deployed: { ...situation.deployed, rolledOutAt: new Date("2026-11-25T12:05:00Z") } };
  expect(nextStep(all(), { ...slow, broughtUp: generationsTag(model.generations), finished: [] })).toMatchObject({
    until: new Date("2026-11-25T12:05:50Z"),
  });
});

it("brings up first what a run that was cut off may have left, and waits for its rollout", () => {
  const situation = new Model().situation();
  const settings = { ...situation, broughtUp: "1-1-1-1", finished: [] };
  expect(nextStep(all(), { ...settings, broughtUp: undefined })).toEqual({ kind: "deploy" });
  expect(nextStep(all(), { ...settings, deployed: { ...situation.deployed, isRolledOut: false } })).toEqual({ kind: "deploy" });
  expect(nextStep(all(), { ...settings, deployed: { ...situation.deployed, tag: "1-1-1-2" } })).toEqual({ kind: "deploy" });
  expect(nextStep(all(), settings).kind).toBe("edit");
});

it("does not rotate again what was rotated this week, unless asked to", () => {
  const model = new Model();
  model.run(all());
  const trace = model.trace.length;
  expect(model.run(all())).toEqual({ kind: "done", held: {} });
  expect(model.trace.slice(trace)).toEqual(["deploy"]);
  model.run(all("rotate", true), 4);
  expect(generationsTag(model.generations)).toBe("3o-3o-3o-3o");
  expect(generationsTag((model.run(all()), model.generations))).toBe("3-3-3-3");
});

it("holds an old pepper that passwords still need, and retires the others", () => {
  const model = new Model();
  model.held = { MAESTROVERSE_PEPPER: "3 passwords" };
  expect(model.run(all())).toEqual({ kind: "done", held: { MAESTROVERSE_PEPPER: "3 passwords" } });
  expect(generationsTag(model.generations)).toBe("2o-2-2-2");
  model.held = {};
  model.run(all());
  expect(generationsTag(model.generations)).toBe("2-2-2-2");
});

describe("the way back", () => {
  it("before the publication is a step: nothing was signed with the new value", () => {
    const model = new Model();
    model.run(all(), 3);
    const trace = model.trace.length;
    model.run(all("rollback"));
    expect(model.trace.slice(trace)).toEqual(["retire", "deploy"]);
    expect(model.generations).toEqual(STEADY);
  });

  it("after it signs with the old value again, accepts the new one for its time, and has the old day back", () => {
    const model = new Model();
    model.run(all(), 5);
    const trace = model.trace.length;
    model.run(all("rollback"));
    expect(model.trace.slice(trace)).toEqual(["go back", "deploy", "wait", "retire", "deploy"]);
    expect(model.generations).toEqual(STEADY);
    expect(model.rollouts.every(agree)).toBe(true);
  });

  it("is none after the retirement", () => {
    const model = new Model();
    model.run(all());
    const settings = { generations: model.generations, dualVerification: SECRET_NAMES };
    expect(refusals({ ...all("rollback"), secrets: ["JWT_SECRET"] }, settings)).toEqual([
      "JWT_SECRET: there is nothing to go back to: generation 2 is the only one. Rotate it instead.",
    ]);
  });
});

describe("after a compromise", () => {
  it.each([
    ["steady", 0, "2-2-2-2"],
    ["prepared: the next value may be known too", 3, "3-3-3-3"],
    ["published", 5, "3-3-3-3"],
  ])("values that never existed replace all that were, at once: %s", (_, steps, tag) => {
    const model = new Model();
    model.run(all(), steps);
    model.run(all("compromised"));
    expect(generationsTag(model.generations)).toBe(tag);
    const before = model.generations;
    model.run(all("compromised"));
    expect(model.generations).toBe(before);
  });
});

describe("refuses", () => {
  const settings = { generations: STEADY, dualVerification: ["JWT_SECRET"] };

  it("to log everybody out by an overlap that the application does not know, and tells the pepper's price", () => {
    expect(refusals(all(), settings).map((line) => line.replace(/: .*/, ""))).toEqual([
      "MAESTROVERSE_PEPPER",
      "SESSION_SECRET",
      "CSRF_SECRET",
    ]);
    const [pepper, session] = refusals(all(), settings);
    expect(pepper).toContain("rotating it invalidates every password");
    expect(session).toContain("everybody would be logged out. Have it read SESSION_SECRET_ROLLING");
  });

  it("nothing that can be done", () => {
    expect(refusals({ ...all(), secrets: ["JWT_SECRET"] }, settings)).toEqual([]);
    expect(refusals(all(), { ...settings, dualVerification: SECRET_NAMES })).toEqual([]);
  });
});
