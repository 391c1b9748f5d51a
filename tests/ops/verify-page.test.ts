/** The page of a verification, as text: what is in it, and what cannot get into it. tests/ops/verify-page-browser.test.ts opens it. */
import { BOXES, CHECKLIST } from "../../checklist";
import { overReplicas } from "../../components/lib/rate-limit";
import { floodSeries } from "../../ops/verify/page/flood";
import { html } from "../../ops/verify/page/markup";
import { sentenceOf, verifyPage } from "../../ops/verify/page/page";
import { scaleOf } from "../../ops/verify/page/timeline";
import type { Outcome } from "../../ops/verify/probe";
import { PROBES } from "../../ops/verify/probes";
import { failingRecord, FLOOD, HOSTILE, passingRecord } from "../helpers/verify-records";

const RUNBOOK = "https://docs.example.edu/docs/runbook";
const page = (record = failingRecord()) => verifyPage(record, { runbookBaseUrl: RUNBOOK });

describe("a template", () => {
  it.each([
    ["<b>", "&lt;b&gt;"],
    ['" onclick="x', "&quot; onclick=&quot;x"],
    ["'&amp;'", "&#39;&amp;amp;&#39;"],
    ["a\u0000b\u001bc\u202ed", "a\\u0000b\\u001bc\\u202ed"],
    ["tab\tand\nline", "tab\tand\nline"],
    ["x".repeat(4001), `${"x".repeat(4000)}… (1 characters more)`],
  ])("escapes %j", (text, escaped) => {
    expect(html`${text}`.text).toBe(escaped);
  });

  it("keeps markup, joins lists and leaves out what is undefined", () => {
    expect(html`<p>${html`<b>1</b>`}${["a", html`<i>2</i>`, undefined, 3]}</p>`.text).toBe("<p><b>1</b>a<i>2</i>3</p>");
  });
});

describe("the page", () => {
  it("forbids to load and to run anything, before anything else is said", () => {
    const text = page();
    expect(text.slice(0, text.indexOf("<title>"))).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
    );
    expect(text).not.toMatch(/<(script|img|link|iframe|object|form)|<[a-z][^>]*\son\w+=|@import|url\(/i);
  });

  it("repeats what a server sent as text, wherever it stands", () => {
    const escaped = html`${HOSTILE}`.text;
    // In the list of what to do, in the differences, in the probe's line and in its table.
    expect(page().split(escaped)).toHaveLength(5);
    expect(page()).not.toContain(HOSTILE);
  });

  it("has each box, each line and each probe, each under one anchor", () => {
    const ids = [...page().matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const anchors = [...BOXES, ...CHECKLIST].map(({ id }) => id.toLowerCase().replaceAll(".", "-"));
    expect(anchors.concat(PROBES.map(({ name }) => name)).filter((anchor) => !ids.includes(anchor))).toEqual([]);
    const targets = [...page().matchAll(/href="#([^"]+)"/g)].map(([, target]) => target);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  it("opens the folds of what did not hold, and no other", () => {
    const open = [...page().matchAll(/<details class="probe (\S+)" id="([^"]+)" open/g)].map(([, outcome, name]) => [outcome, name]);
    expect(open).toEqual([
      ["fail", "security-headers"],
      ["fail", "privilege-contract"],
      ["undetermined", "backup-newest"],
    ]);
    expect(page(passingRecord())).not.toContain(" open>");
  });

  it("leads to the runbook's headings", () => {
    const links = new Set([...page().matchAll(/href="(https:[^"]+)"/g)].map(([, link]) => link));
    expect(links).toContain("https://docs.example.edu/docs/runbook/1-https.md#verify");
    expect(links).toContain("https://docs.example.edu/docs/on-call.md#ladder");
    expect(links).toContain("https://docs.example.edu/docs/runbook/7-verification.md#rb-13");
    expect([...links].filter((link) => link?.startsWith("https://docs.example.edu/docs/") !== true)).toEqual([]);
  });

  it("of a part of the checklist says that it is one, and which boxes were not looked at", () => {
    const probes = failingRecord().probes.filter(({ line }) => line === "RB-5.1" || line === "RB-1.2");
    const lines = failingRecord().lines.filter(({ id }) => id === "RB-5.1" || id === "RB-1.2");
    const boxes = failingRecord().boxes.filter(({ id }) => id === "RB-7.1");
    const text = page({ ...failingRecord(), only: ["RB-5.1", "RB-1.2"], probes, lines, boxes });
    expect(text).toContain("Only this was asked for: RB-5.1, RB-1.2.");
    const words = [...text.matchAll(/<span class="tag (\S+)">([a-z ]+)<\/span>\s*<p class="soft">(RB-7\.\d)/g)].map(([, , word, id]) => [
      id,
      word,
    ]);
    expect(words).toEqual([
      ["RB-7.1", "ticked"],
      ["RB-7.2", "not looked at"],
      ["RB-7.3", "not looked at"],
      ["RB-7.4", "not looked at"],
      ["RB-7.5", "not looked at"],
      ["RB-7.6", "looked at in part"],
      ["RB-7.7", "not looked at"],
    ]);
  });

  it.each<[Outcome, readonly Outcome[], string]>([
    ["pass", ["pass", "not-applicable"], "everything that applies here holds"],
    ["fail", ["fail", "pass"], "1 line does not hold"],
    ["fail", ["fail", "fail", "undetermined"], "2 lines do not hold, and of 1 line nobody knows"],
    ["undetermined", ["undetermined", "undetermined", "pass"], "nothing was seen to fail, and of 2 lines nobody knows"],
    ["not-applicable", ["not-applicable"], "nothing that was asked applies here"],
  ])("says of a run that came to %s by %j: %s", (outcome, outcomes, sentence) => {
    expect(sentenceOf({ outcome, lines: outcomes.map((each, index) => ({ id: `RB-${index}`, title: "", outcome: each })) })).toBe(sentence);
  });
});

describe("the flood's plot", () => {
  it("counts what passed, and draws the limit by the arithmetic of nginx", () => {
    const { passed, least, most, until } = floodSeries(FLOOD);
    expect(passed).toHaveLength(FLOOD.requests.filter((each) => each.passed).length);
    expect(passed.at(-1)).toEqual([3760, 27]);
    expect(until).toBe(3760);
    expect([0, 600, 601, 1201, 3760].map(most)).toEqual([21, 21, 22, 23, 27]);
    expect([0, 601, 3760].map(least)).toEqual([21, 22, 27]);
  });

  it("of replicas that count apart has room between the least and the most", () => {
    const { least, most } = floodSeries({ ...FLOOD, replicas: 2 });
    const { floodPasses } = overReplicas(FLOOD.limit, 2);
    expect([least(0), most(0)]).toEqual([floodPasses.least, floodPasses.most]);
    // 50 a minute at one replica, 100 at both.
    expect([least(1205), most(1205)]).toEqual([floodPasses.least + 1, floodPasses.most + 2]);
  });

  it("says in its table how many of each stretch passed and were refused, none lost between two", () => {
    const text = page();
    const table = text.slice(text.indexOf('id="flood-1-table"'), text.indexOf("</details>", text.indexOf('id="flood-1-table"')));
    const numbers = [...table.matchAll(/<td>(\d+)<\/td>/g)].map(([, number]) => Number(number));
    const rows = Array.from({ length: numbers.length / 4 }, (_, row) => numbers.slice(row * 4, row * 4 + 4));
    expect(rows).toHaveLength(8);
    expect(rows.map(([passed]) => passed).reduce((sum = 0, each = 0) => sum + each)).toBe(27);
    expect(rows.map(([, refused]) => refused).reduce((sum = 0, each = 0) => sum + each)).toBe(133);
    expect(rows.at(-1)?.slice(2)).toEqual([27, 27]);
  });
});

describe("a timeline's scale", () => {
  const now = "2026-11-28T00:00:00Z";
  const lanes = (...moments: string[]) => [{ label: "", events: moments.map((at) => ({ at, label: "", mark: "plain" as const })) }];

  it("has every event and today on it, in their order", () => {
    const { scale } = scaleOf({ now, lanes: lanes("2026-09-01T00:00:00Z", "2027-01-15T00:00:00Z") });
    const places = ["2026-09-01T00:00:00Z", now, "2027-01-15T00:00:00Z"].map(scale);
    expect(places.map((place) => place > 0 && place < 1)).toEqual([true, true, true]);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });

  it("of one moment is two days wide, with the moment in the middle", () => {
    const { from, to, scale } = scaleOf({ now, lanes: lanes() });
    expect([to - from, scale(now)]).toEqual([2 * 86_400_000, 0.5]);
  });
});
