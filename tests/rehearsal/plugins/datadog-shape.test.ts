import {
  at,
  computed,
  failuresOf,
  flag,
  instant,
  integer,
  list,
  local,
  merge,
  numberText,
  object,
  otherwise,
  required,
  set,
  text,
} from "../../../rehearsal/plugins/datadog/shape";
import { UNKNOWN } from "../../../rehearsal/plugins/lib/contract";

const shape = object({
  name: required(text()),
  level: numberText(),
  on: at("options.on", otherwise(true, flag())),
  tags: set(text()),
  starts: instant(),
  steps: list(object({ id: computed(text()), after: required(integer(60, 600)), to: at("targets", list(text(), 1, 2)) })),
  limits: object({ most: integer() }),
  force: local(flag()),
});

const INPUTS = {
  name: "n",
  level: "5",
  tags: ["b", "a"],
  starts: "2026-11-02T09:00:00-05:00",
  steps: [{ after: 60, to: ["x"] }],
  force: true,
};
const MODEL = {
  name: "n",
  level: 5,
  options: { on: true },
  limits: { most: 3 },
  tags: ["a", "b"],
  starts: new Date("2026-11-02T14:00:00Z"),
  steps: [{ id: "1", after: 60, targets: ["x"] }],
};
/** Datadog adds defaults of its own. */
const ANSWER = { ...INPUTS, on: true, limits: { most: 3 }, steps: [{ id: "1", after: 60, to: ["x"] }] };

describe("a check", () => {
  it("finds nothing wrong with what is right, nor with what is not known yet", () => {
    expect(failuresOf(shape, INPUTS)).toEqual([]);
    expect(failuresOf(shape, { name: UNKNOWN, tags: [UNKNOWN], steps: [{ after: UNKNOWN, to: UNKNOWN }] })).toEqual([]);
  });

  it("says each thing that is wrong, with its place", () => {
    const wrong = { level: "high", tags: "a", starts: "tomorrow", steps: [{ id: "1", after: 30, to: [], extra: 1 }, "x"] };
    expect(failuresOf(shape, wrong)).toEqual([
      { property: "name", reason: "is missing." },
      { property: "level", reason: 'must be a number, as text, got "high".' },
      { property: "tags", reason: 'must be a list, got "a".' },
      { property: "starts", reason: 'must be a moment such as 2026-11-02T09:00:00-05:00, got "tomorrow".' },
      { property: "steps", reason: "steps[0].id is not known to the stand-in, which must not ignore it. It knows here: after, to." },
      { property: "steps", reason: "steps[0].extra is not known to the stand-in, which must not ignore it. It knows here: after, to." },
      { property: "steps", reason: "steps[0].after must be a whole number of 60 to 600, got 30." },
      { property: "steps", reason: "steps[0].to must have 1 to 2 elements, got 0." },
      { property: "steps", reason: 'steps[1] must be an object, got "x".' },
    ]);
  });
});

describe("a translation", () => {
  it("sends what Datadog is to know, and nothing else", () => {
    const { name, level, options, starts } = MODEL;
    expect(shape.toModel(INPUTS)).toEqual({ name, level, options, starts, tags: ["b", "a"], steps: [{ after: 60, targets: ["x"] }] });
  });

  it("reads an answer in the program's spelling, with what Datadog decided", () => {
    expect(merge(shape, INPUTS, INPUTS, shape.fromModel(MODEL), true)).toEqual(ANSWER);
  });
});

describe("drift", () => {
  const drifted = (changes: object) => merge(shape, INPUTS, ANSWER, shape.fromModel({ ...MODEL, ...changes }), false);

  it("is none while everything means the same", () => {
    expect(drifted({})).toEqual(INPUTS);
    expect(drifted({ tags: ["b", "a"], level: 5.0, name: " n " })).toEqual(INPUTS);
  });

  it("is what others changed, and no more", () => {
    expect(drifted({ limits: { most: 4 } })).toEqual({ ...INPUTS, limits: { most: 4 } });
    expect(drifted({ level: 6, options: { on: false } })).toEqual({ ...INPUTS, level: "6", on: false });
    expect(drifted({ steps: [{ id: "1", after: 90, targets: ["x"] }] })).toEqual({ ...INPUTS, steps: [{ after: 90, to: ["x"] }] });
  });

  it("is what others took away", () => {
    expect(drifted({ tags: undefined })).toEqual({ ...INPUTS, tags: undefined });
  });

  it("is everything on an import", () => {
    const imported = merge(shape, {}, {}, shape.fromModel(MODEL), false);
    const { name, level, on, limits, steps } = ANSWER;
    expect(imported).toEqual({ name, level, on, limits, steps, starts: "2026-11-02T14:00:00.000Z", tags: ["a", "b"] });
  });
});

describe("what means the same", () => {
  it("is equal: order of a set, spelling of a number and a moment, a default that is not said", () => {
    const other = { ...INPUTS, level: "5.0", on: true, tags: ["a", "b"], starts: "2026-11-02T14:00:00Z", steps: ANSWER.steps };
    expect(shape.canonical(other)).toEqual(shape.canonical(INPUTS));
  });

  it("is not the order of a list, nor another value than the default", () => {
    const steps = [...INPUTS.steps, { after: 90, to: ["y"] }];
    expect(shape.canonical({ ...INPUTS, steps })).not.toEqual(shape.canonical({ ...INPUTS, steps: [...steps].reverse() }));
    expect(shape.canonical({ ...INPUTS, on: false })).not.toEqual(shape.canonical(INPUTS));
  });
});
