import { type Hsts, HSTS_STAGES, hstsValue, validateHsts } from "../../../components/lib/hsts";
import { HSTS } from "../../helpers/edge-settings";

const stages = (...lengths: number[]) =>
  lengths.map((maxAgeSeconds, index) => ({ maxAgeSeconds, since: `2026-11-0${index + 1}` })) as unknown as Hsts["ramp"];
const START: Hsts = { ...HSTS, ramp: stages(300) };

it("sends the stage that was reached, subdomains and preload only where the settings say so", () => {
  expect([START, { ...HSTS, includeSubDomains: false }, { ...HSTS, preload: true }].map(hstsValue)).toEqual([
    "max-age=300; includeSubDomains",
    "max-age=31536000",
    "max-age=31536000; includeSubDomains; preload",
  ]);
});

it("accepts each stage after the ones before it", () => {
  const ramps = HSTS_STAGES.map((_, index) => ({ ...HSTS, ramp: stages(...HSTS_STAGES.slice(0, index + 1)) }));
  expect(ramps.map(validateHsts)).toEqual([[], [], []]);
});

it.each([
  [stages(), "none"],
  [stages(600), "600"],
  [stages(86_400, 300), "86400, 300"],
  [stages(300, 300), "300, 300"],
  [stages(300, 600, 86_400), "300, 600, 86400"],
])("refuses a ramp that is none: %j", (ramp, got) => {
  expect(validateHsts({ ...HSTS, ramp })).toEqual([
    `hsts.ramp must be the stages so far, out of 300, 86400, 31536000 in this order, got ${got}. Begin with 300.`,
  ]);
});

it("refuses two stages on one day", () => {
  const [first, second] = stages(300, 86_400);
  expect(validateHsts({ ...HSTS, ramp: [first, { ...second, since: first.since }] })).toEqual([
    "hsts.ramp must name a later day for each stage, got 2026-11-01, 2026-11-01. Give each a day at least.",
  ]);
});

it.each([
  [stages(31_536_000), "300, 86400"],
  [stages(300, 31_536_000), "86400"],
  [stages(86_400), "300"],
])("lets a stage be left out only by name: %j", (ramp, skipped) => {
  expect(validateHsts({ ...HSTS, ramp })).toEqual([
    `hsts.acknowledge must name skipped-stages, since hsts.ramp leaves out ${skipped}. Change that, or accept it by naming it.`,
  ]);
  expect(validateHsts({ ...HSTS, ramp, acknowledge: ["skipped-stages"] })).toEqual([]);
});

it("lets preload be promised only by name, at the end of the ramp, with subdomains", () => {
  expect(validateHsts({ ...HSTS, preload: true })).toEqual([
    "hsts.acknowledge must name preload, since hsts.preload is true, which cannot be taken back for months. Change that, or accept it by naming it.",
  ]);
  const promised: Hsts = { ...HSTS, preload: true, acknowledge: ["preload"] };
  const early =
    "hsts.preload must be false before the ramp is at a year with includeSubDomains: browsers' lists take no other. Set it to false.";
  expect([promised, { ...promised, ramp: START.ramp }, { ...promised, includeSubDomains: false }].map(validateHsts)).toEqual([
    [],
    [early],
    [early],
  ]);
});

it("takes nothing that is accepted in advance", () => {
  expect(validateHsts({ ...START, acknowledge: ["skipped-stages", "preload"] })).toEqual([
    "hsts.acknowledge must not name skipped-stages, of which there is none. Remove it: nothing is accepted in advance.",
    "hsts.acknowledge must not name preload, of which there is none. Remove it: nothing is accepted in advance.",
  ]);
});
