/** Days on which something happened or has to: a lane for each thing, all on one scale, with today across them. */
import type { TimelineEvidence } from "../evidence";
import { html, type Markup } from "./markup";
import { day, marked, moment, scrolled, time } from "./words";

const DAY_MILLISECONDS = 24 * 3600 * 1000;
/** Room beside the first and the last event, as a part of what lies between them. */
const MARGIN = 0.04;
/** Days that are named below the lanes. */
const TICKS = 5;
/** Past events that a lane's line names; of more it counts them. */
const NAMED = 2;

/** Where a moment is, from 0 to 1. */
export type Scale = (at: string | number) => number;

/** The scale of a timeline: all of its events and today, two days at least. */
export function scaleOf({ now, lanes }: Pick<TimelineEvidence, "now" | "lanes">): {
  readonly from: number;
  readonly to: number;
  readonly scale: Scale;
} {
  const moments = [now, ...lanes.flatMap(({ events }) => events.map(({ at }) => at))]
    .map((at) => Date.parse(at))
    .filter((at) => !Number.isNaN(at));
  const [first, last] = [Math.min(...moments), Math.max(...moments)];
  const margin = Math.max((last - first) * MARGIN, DAY_MILLISECONDS - (last - first) / 2, 0);
  const [from, to] = [first - margin, last + margin];
  return { from, to, scale: (at) => (new Date(at).getTime() - from) / (to - from) };
}

const percent = (part: number) => `${(part * 100).toFixed(2)}%`;

/** Draws it. */
export function timeline(evidence: TimelineEvidence): Markup {
  const { title, now, lanes } = evidence;
  const { from, to, scale } = scaleOf(evidence);
  const ticks = Array.from({ length: TICKS }, (_, index) => from + ((to - from) * (index + 0.5)) / TICKS);
  return html`<figure class="timeline">
    <figcaption>${title}</figcaption>
    ${lanes.map(
      ({ label, events }) =>
        html`<div class="lane">
          <p><b>${label}</b> <span>${summary(events, now)}</span></p>
          <div class="track" aria-hidden="true">
            ${bar(events, scale)}<i class="now" style="left:${percent(scale(now))}"></i>${events.map(
              ({ at, label: what, mark }) =>
                html`<i class="event ${mark}" style="left:${percent(scale(at))}" title="${what}, ${moment(at)}"></i>`,
            )}
          </div>
        </div>`,
    )}
    <div class="days" aria-hidden="true">${ticks.map((tick) => html`<span style="left:${percent(scale(tick))}">${day(tick)}</span>`)}</div>
    <p class="legend" aria-hidden="true"><span class="key today">the moment of this run: ${moment(now)}</span></p>
    <details class="same">
      <summary>The same as a table</summary>
      ${scrolled(
        `${title}, as a table`,
        html`<table>
          <thead>
            <tr>
              <th scope="col">what</th>
              <th scope="col">when</th>
              <th scope="col">event</th>
            </tr>
          </thead>
          <tbody>
            ${lanes.flatMap(({ label, events }) =>
              events.map(
                ({ at, label: what, mark }) =>
                  html`<tr>
                    <th scope="row">${label}</th>
                    <td>${time(at)}</td>
                    <td>${marked(what, mark)}</td>
                  </tr>`,
              ),
            )}
          </tbody>
        </table>`,
      )}
    </details>
  </figure>`;
}

type Events = TimelineEvidence["lanes"][number]["events"];

/** A lane in words: what there is, or of many how many there have been, the last of them, and what is to come. */
function summary(events: Events, now: string): Markup | string {
  if (events.length === 0) return "nothing";
  const named = ({ label, at }: Events[number]) => html`${label}: ${time(at)}`;
  const inOrder = [...events].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const past = inOrder.filter(({ at }) => Date.parse(at) <= Date.parse(now));
  const parts =
    past.length <= NAMED
      ? inOrder.map(named)
      : [html`${past.length} so far, the last ${named(past.at(-1) as Events[number])}`, ...inOrder.slice(past.length).map(named)];
  return html`${parts.map((part, index) => html`${index === 0 ? "" : " · "}${part}`)}`;
}

/** What lies between the first and the last event of a lane. */
function bar(events: Events, scale: Scale): Markup | undefined {
  if (events.length < 2) return undefined;
  const places = events.map(({ at }) => scale(at));
  const [first, last] = [Math.min(...places), Math.max(...places)];
  return html`<i class="bar" style="left:${percent(first)};width:${percent(last - first)}"></i>`;
}
