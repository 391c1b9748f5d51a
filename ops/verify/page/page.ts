/**
 * A verification as one HTML file for an auditor or a tired on-call. It loads nothing, runs nothing, and whatever a server sent stands in it as text;
 * folds are the browser's own, and print opens them.
 */
import { BOXES, CHECKLIST } from "../../../checklist";
import type { Outcome } from "../probe";
import type { Difference, ProbeResult, VerifyRecord, Verdict } from "../record";
import { summaryOf } from "../report";
import { evidenceOf } from "./evidence";
import { html, Markup, type Part } from "./markup";
import { STYLE } from "./style";
import { anchorOf, count, icon, OUTCOME_WORDS, prose, scrolled, seconds, SPRITE, tag, time } from "./words";

/** Nothing may be loaded, run or sent, whoever managed to write into the page. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** What the page is told beside the record. */
export interface PageOptions {
  /** Address of the runbook's folder, for links: the setting `observability.runbookBaseUrl`. */
  readonly runbookBaseUrl: string;
}

/** The page. */
export function verifyPage(record: VerifyRecord, { runbookBaseUrl }: PageOptions): string {
  const { stack, outcome } = record;
  const toRunbook = (page: string) => new URL(`../${page}`, `${runbookBaseUrl.replace(/\/+$/, "")}/`).href;
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      <meta name="referrer" content="no-referrer" />
      <title>${stack}: ${OUTCOME_WORDS[outcome]} · verification of ${record.startedAt}</title>
      <style>
        ${new Markup(STYLE)}
      </style>
    </head>
    <body>
      <a class="skip" href="#content">To the findings</a>
      ${SPRITE} ${verdict(record)}
      <main id="content">
        ${todoList(record, toRunbook)} ${boxList(record)} ${differenceList(record)}
        ${BOXES.map((box) => findings({ ...box, id: box.id }, record, toRunbook))} ${deployment(record, toRunbook)}
      </main>
      ${footer(record, toRunbook)}
    </body>
  </html>`;
  return `<!doctype html>\n${page.text}\n`;
}

type ToRunbook = (page: string) => string;

/** What the run came to, as a sentence. */
export function sentenceOf({ outcome, lines }: Pick<VerifyRecord, "outcome" | "lines">): string {
  const of = (wanted: Outcome) => lines.filter((line) => line.outcome === wanted).length;
  const unknown = of("undetermined") === 0 ? "" : `, and of ${count(of("undetermined"), "line")} nobody knows`;
  switch (outcome) {
    case "pass":
      return "everything that applies here holds";
    case "fail":
      return `${count(of("fail"), "line does not hold", "lines do not hold")}${unknown}`;
    case "undetermined":
      return `nothing was seen to fail${unknown}`;
    case "not-applicable":
      return "nothing that was asked applies here";
  }
}

function verdict(record: VerifyRecord): Markup {
  const { stack, outcome, startedAt, milliseconds, run, only, comparedWith, boxes } = record;
  const facts: readonly (readonly [string, Part])[] = [
    ["looked at", time(startedAt)],
    ["took", seconds(milliseconds)],
    ["run", html`<code>${run}</code>`],
    ...(comparedWith === undefined ? [] : [["compared with", time(comparedWith)] as const]),
  ];
  const ticked = boxes.filter((box) => box.outcome === "pass").length;
  return html`<header class="verdict ${outcome}">
    <p class="eyebrow">Maestroverse operations · verification</p>
    <h1>${icon(outcome)}<span>${stack}: ${sentenceOf(record)}</span></h1>
    <p class="sum">${ticked} of ${BOXES.length} boxes ticked. Probes: ${summaryOf(record)}.</p>
    ${only === undefined ? undefined : html`<p>Only this was asked for: ${only.join(", ")}. The rest of the checklist was not looked at.</p>`}
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </header>`;
}

/** What to do first: every probe that did not hold, the failed ones before those of which nobody knows. */
function todoList({ probes }: VerifyRecord, toRunbook: ToRunbook): Markup | undefined {
  const found = (["fail", "undetermined"] as const).flatMap((wanted) => probes.filter(({ outcome }) => outcome === wanted));
  if (found.length === 0) return undefined;
  return html`<section aria-labelledby="todo">
    <h2 id="todo">What to do</h2>
    <ol class="todo">
      ${found.map(
        ({ line, name, outcome, seen, todo }) =>
          html`<li class="${outcome}">
            ${tag(outcome)} <a href="#${anchorOf(name)}">${line} ${name}</a>
            <p class="seen">${seen}</p>
            ${todo === undefined ? undefined : html`<p><b>Do:</b> ${prose(todo)}</p>`}
            <p><a href="${toRunbook(verificationPage(line))}">${line} in the runbook</a></p>
          </li>`,
      )}
    </ol>
  </section>`;
}

/** Heading of a line in section 7's page. */
const verificationPage = (line: string) => `runbook/7-verification.md#${line.toLowerCase().replaceAll(".", "")}`;

/** Words of a box: it is ticked, or it is not and why. */
const BOX_WORDS: Readonly<Record<Outcome, string>> = {
  pass: "ticked",
  fail: "does not hold",
  undetermined: "undetermined",
  "not-applicable": "open: a line does not apply here",
};

function boxList({ boxes, lines }: VerifyRecord): Markup {
  return html`<section aria-labelledby="boxes">
    <h2 id="boxes">The seven boxes</h2>
    <ol class="boxes">
      ${BOXES.map(({ id, title, lines: ids, byHand }) => {
        const box = boxes.find((each) => each.id === id);
        const looked = lines.some((line) => ids.includes(line.id));
        const outcome = box?.outcome ?? "none";
        const word = box === undefined ? (looked ? "looked at in part" : "not looked at") : BOX_WORDS[box.outcome];
        return html`<li class="${outcome}">
          <span class="tick">${box === undefined ? undefined : icon(box.outcome)}</span>
          ${looked ? html`<a href="#${anchorOf(id)}">${title}</a>` : html`<span>${title}</span>`}
          <span class="tag ${outcome}">${word}</span>
          <p class="soft">${id}: ${ids.join(", ")}${byHand === undefined ? "" : `. By hand, beside it: ${byHand}`}</p>
        </li>`;
      })}
    </ol>
  </section>`;
}

function differenceList({ differences, comparedWith }: VerifyRecord): Markup {
  return html`<section aria-labelledby="since">
    <h2 id="since">Since the last run</h2>
    ${
      comparedWith === undefined
        ? html`<p>There is no whole run before this one on this machine to compare with.</p>`
        : differences.length === 0
          ? html`<p>Every probe came to the same as at ${time(comparedWith)}.</p>`
          : scrolled(
              "Differences",
              html`<table>
                <caption>
                  Otherwise than at ${time(comparedWith)}
                </caption>
                <thead>
                  <tr>
                    <th scope="col">probe</th>
                    <th scope="col">before</th>
                    <th scope="col">now</th>
                  </tr>
                </thead>
                <tbody>
                  ${differences.map(differenceRow)}
                </tbody>
              </table>`,
            )
    }
  </section>`;
}

function differenceRow({ line, name, before, now, seenBefore, seen }: Difference): Markup {
  return html`<tr>
    <th scope="row"><a href="#${anchorOf(name)}">${line} ${name}</a></th>
    <td>${before === undefined ? "new" : tag(before)} ${seenBefore}</td>
    <td>${tag(now)} ${seen}</td>
  </tr>`;
}

/** A box with its lines, as far as they were looked at. */
function findings(box: (typeof BOXES)[number], record: VerifyRecord, toRunbook: ToRunbook): Markup | undefined {
  const lines = record.lines.filter(({ id }) => box.lines.includes(id));
  if (lines.length === 0) return undefined;
  return html`<section aria-labelledby="${anchorOf(box.id)}">
    <h2 id="${anchorOf(box.id)}"><span class="id">${box.id}</span>${box.title}</h2>
    ${box.byHand === undefined ? undefined : html`<p>By hand, beside it: ${box.byHand}.</p>`}
    ${lines.map((line) => lineOf(line, record.probes, toRunbook))}
  </section>`;
}

/** Lines that are in no box. */
function deployment(record: VerifyRecord, toRunbook: ToRunbook): Markup | undefined {
  const inBoxes = new Set(BOXES.flatMap(({ lines }) => lines));
  const lines = record.lines.filter(({ id }) => !inBoxes.has(id));
  if (lines.length === 0) return undefined;
  return html`<section aria-labelledby="deployment">
    <h2 id="deployment">The deployment itself</h2>
    ${lines.map((line) => lineOf(line, record.probes, toRunbook))}
  </section>`;
}

function lineOf({ id, title, outcome }: Verdict, probes: readonly ProbeResult[], toRunbook: ToRunbook): Markup {
  const { page, gaps } = CHECKLIST.find((each) => each.id === id) ?? {};
  return html`<article class="line" aria-labelledby="${anchorOf(id)}">
    <header>
      <h3 id="${anchorOf(id)}"><span class="id">${id}</span>${title}</h3>
      ${tag(outcome)}
    </header>
    <p class="soft">
      ${gaps === undefined ? undefined : html`Not shown here: ${prose(gaps)}. `}
      <a href="${toRunbook(page ?? "")}">How it is made to hold<span class="unseen">: ${id}</span></a> ·
      <a href="${toRunbook(verificationPage(id))}">When it does not<span class="unseen">: ${id}</span></a>
    </p>
    ${probes.filter(({ line }) => line === id).map(probeOf)}
  </article>`;
}

/** A probe's line, and its evidence folded under it; open where it did not hold. */
function probeOf({ name, title, outcome, seen, todo, milliseconds, evidence = [] }: ProbeResult): Markup {
  const isOpen = outcome === "fail" || outcome === "undetermined";
  return html`<details class="probe ${outcome}" id="${anchorOf(name)}" ${new Markup(isOpen ? "open" : "")}>
    <summary>
      ${tag(outcome)} <span class="name">${name}</span> <span class="seen">${seen}</span>
      <svg class="icon fold" aria-hidden="true" viewBox="0 0 16 16"><path d="M6 3l5 5-5 5" /></svg>
    </summary>
    <div class="body">
      <p><b>Holds when:</b> ${title}. <span class="soft">Took ${seconds(milliseconds)}.</span></p>
      ${todo === undefined || outcome === "pass" ? undefined : html`<p class="todo-line"><b>Do:</b> ${prose(todo)}</p>`}
      ${evidence.map((each, index) => evidenceOf(each, `${anchorOf(name)}-${index + 1}`))}
    </div>
  </details>`;
}

function footer({ stack }: VerifyRecord, toRunbook: ToRunbook): Markup {
  return html`<footer>
    <p>
      Made by <code>npm run ops -- verify --stack ${stack}</code>, which only reads. It loads nothing and runs nothing; links lead to
      <a href="${toRunbook("runbook/7-verification.md")}">the runbook</a>, which says what each outcome means and what a green page does
      <a href="${toRunbook("runbook/7-verification.md#what-it-does-not-prove")}">not prove</a>. Times are UTC.
    </p>
  </footer>`;
}
