/** Words and marks of the page that several of its parts use. */
import type { Mark } from "../evidence";
import type { Outcome } from "../probe";
import { html, type Markup, type Part } from "./markup";

/** What an outcome is called. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  pass: "pass",
  fail: "fail",
  undetermined: "undetermined",
  "not-applicable": "does not apply",
};

/** Shapes of outcomes and of marks in a grid: who does not tell colours tells these. Drawn on 16 by 16. */
const SHAPES = {
  pass: "M3.5 8.5l3 3 6-7",
  fail: "M4 4l8 8M12 4l-8 8",
  undetermined: "M5.7 6a2.4 2.4 0 1 1 3.6 2.1c-.9.5-1.3 1-1.3 1.8M8 12.6v.1",
  "not-applicable": "M4 8h8",
} as const;

/** The shapes, once: {@link icon} refers to them. */
export const SPRITE = html`<svg class="sprite" aria-hidden="true" width="0" height="0">
  ${Object.entries(SHAPES).map(([name, path]) => html`<symbol id="i-${name}" viewBox="0 0 16 16"><path d="${path}" /></symbol>`)}
</svg>`;

/** A shape; words stand beside it. */
export const icon = (outcome: Outcome): Markup => html`<svg class="icon" aria-hidden="true"><use href="#i-${outcome}" /></svg>`;

/** An outcome as a tag of shape and word. */
export const tag = (outcome: Outcome, word = OUTCOME_WORDS[outcome]): Markup =>
  html`<span class="tag ${outcome}">${icon(outcome)}${word}</span>`;

/** Outcome that looks as a mark does; plain marks have none. */
const MARK_OUTCOMES: Readonly<Record<Mark, Outcome | undefined>> = { good: "pass", bad: "fail", plain: undefined };

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

/** `28 Nov 2026`. */
export const day = (at: string | number) => DAY.format(new Date(at));
/** `28 Nov 2026, 05:12 UTC`; a day alone where the moment is midnight. */
export function moment(at: string): string {
  return new Date(at).getTime() % 86_400_000 === 0 ? day(at) : `${day(at)}, ${MINUTE.format(new Date(at))} UTC`;
}

/** A moment for people and programs. */
export const time = (at: string): Markup => html`<time datetime="${at}">${moment(at)}</time>`;

/** `12.4 s`. */
export const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

/** `1 line`, `3 lines`. */
export const count = (number: number, singular: string, plural = `${singular}s`) => `${number} ${number === 1 ? singular : plural}`;

/** Anchor of a line, a box or a probe: ids and names are ours. */
export const anchorOf = (id: string) => id.toLowerCase().replaceAll(".", "-");

/** A sentence of ours: what stands between backticks is code. */
export const prose = (text: string): Part =>
  text.split(/`([^`]*)`/).map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));

/** What is wider than the page is scrolled by itself, by keys too. */
export const scrolled = (title: string, content: Markup): Markup =>
  html`<div class="scroll" role="group" aria-label="${title}" tabindex="0">${content}</div>`;

/** Text with the shape of its mark. */
export function marked(text: string, mark: Mark): Markup | string {
  const outcome = MARK_OUTCOMES[mark];
  return outcome === undefined ? text : html`<span class="marked ${outcome}">${icon(outcome)}<span>${text}</span></span>`;
}
