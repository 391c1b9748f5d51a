import fc from "fast-check";
import { appSecretName } from "../../../components/app-secrets";
import type { Overlap } from "../../../components/lib/pod-secret";
import {
  currentTag,
  generationAnnotations,
  generationsTag,
  kebab,
  parseGenerationsTag,
  secretValues,
  validateGeneration,
  validateGenerations,
} from "../../../components/lib/generations";

const of = (generation: number, overlap: Overlap = false) => ({ generation, rotatedOn: "2026-11-01", overlap });

const NAMES = ["MAESTROVERSE_PEPPER", "JWT_SECRET", "SESSION_SECRET", "CSRF_SECRET"];
/** Any four secrets that may exist. */
const anyGenerations = fc
  .array(
    fc
      .record({ generation: fc.integer({ min: 1, max: 9999 }), overlap: fc.constantFrom<Overlap>(false, "next", true) })
      .map(({ generation, overlap }) => of(generation, overlap === true && generation === 1 ? false : overlap)),
    { minLength: NAMES.length, maxLength: NAMES.length },
  )
  .map((all) => Object.fromEntries(NAMES.map((name, index) => [name, all[index]])));

describe("values", () => {
  it("has one value of each secret, and the one before it during an overlap", () => {
    expect(secretValues({ JWT_SECRET: of(3, true), CSRF_SECRET: of(1) })).toEqual([
      { secret: "JWT_SECRET", generation: 3, variable: "JWT_SECRET" },
      { secret: "JWT_SECRET", generation: 2, variable: "JWT_SECRET_ROLLING" },
      { secret: "CSRF_SECRET", generation: 1, variable: "CSRF_SECRET" },
    ]);
  });

  it("has the next one before it signs, under the same name", () => {
    expect(secretValues({ JWT_SECRET: of(3, "next") })).toEqual([
      { secret: "JWT_SECRET", generation: 3, variable: "JWT_SECRET" },
      { secret: "JWT_SECRET", generation: 4, variable: "JWT_SECRET_ROLLING" },
    ]);
  });
});

describe("names", () => {
  it("marks an overlap in the tag of a Secret and not in the tag of the current values", () => {
    const generations = { A: of(1), B: of(3, true), C: of(2, "next") };
    expect([generationsTag(generations), currentTag(generations)]).toEqual(["1-3o-2n", "1-3-2"]);
  });

  it("reads the tag that it wrote, and no other", () => {
    fc.assert(
      fc.property(anyGenerations, (generations) => {
        const read = parseGenerationsTag(generationsTag(generations), NAMES.length);
        expect(read).toEqual(Object.values(generations).map(({ generation, overlap }) => ({ generation, overlap })));
      }),
    );
    expect([parseGenerationsTag("1-1-1", 4), parseGenerationsTag("1-1-1-x", 4), parseGenerationsTag("", 1)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("has one name for each set of generations and overlaps, and a DNS label of 63 characters at most", () => {
    fc.assert(
      fc.property(anyGenerations, anyGenerations, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(appSecretName(one) === appSecretName(other)).toBe(same);
        expect(appSecretName(one)).toMatch(/^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
      }),
    );
  });

  it("changes the name when an overlap ends, so that pods forget the old value", () => {
    expect(appSecretName({ A: of(2, true) })).toBe("maestroverse-app-secrets-2o");
    expect(appSecretName({ A: of(2) })).toBe("maestroverse-app-secrets-2");
  });

  it("writes the generation and its day into annotations, with the credential's name where there are several", () => {
    expect(generationAnnotations(of(2))).toEqual({ "maestroverse.edu/generation": "2", "maestroverse.edu/rotated-on": "2026-11-01" });
    expect(generationAnnotations(of(2), "JWT_SECRET")).toEqual({
      "maestroverse.edu/generation.jwt-secret": "2",
      "maestroverse.edu/rotated-on.jwt-secret": "2026-11-01",
    });
  });

  it("spells a variable's name as a logical name", () => {
    expect(kebab("MAESTROVERSE_PEPPER")).toBe("maestroverse-pepper");
  });
});

describe("refusals", () => {
  it("accepts any generations whose overlaps the application reads", () => {
    fc.assert(fc.property(anyGenerations, (generations) => expect(validateGenerations(generations, NAMES)).toEqual([])));
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses generation %p", (generation) => {
    expect(validateGeneration("generations.app", of(generation))).toEqual([
      `generations.app.generation must be a whole number from 1, got ${generation}. Start at 1.`,
    ]);
  });

  it.each(["2026-02-30", "01.11.2026", "2026-11-01T00:00:00Z", ""])("refuses the day %p", (rotatedOn) => {
    expect(validateGeneration("generations.app", { ...of(1), rotatedOn })).toEqual([
      `generations.app.rotatedOn must be a calendar date YYYY-MM-DD (UTC), got "${rotatedOn}". Give the day of the rotation.`,
    ]);
  });

  it("says everything at once: an overlap of a first generation, one that the application does not read, and a name that is none", () => {
    expect(validateGenerations({ JWT_SECRET: of(1, true), CSRF_SECRET: of(2, true) }, ["JWT_SECRET", "JWT"])).toEqual([
      "dualVerification must name secrets of generations, got JWT. Remove it, or give JWT a generation.",
      "generations.JWT_SECRET.overlap must be false for generation 1, got true: there is none before it. Set it to false.",
      "generations.CSRF_SECRET.overlap must be false, got true: the application does not read CSRF_SECRET_ROLLING. Set it to false, or add CSRF_SECRET to dualVerification once the application does.",
    ]);
  });
});
