/** The flood as a plot: requests that passed against what the limit lets pass, and those that were refused, over the same time. */
import { mostPasses, overReplicas, REJECT_STATUS } from "../../../components/lib/rate-limit";
import type { FloodEvidence } from "../evidence";
import { html, Markup } from "./markup";
import { scrolled, seconds } from "./words";

/** Units of the drawing; the page stretches it. */
const WIDE = 1000;
const HIGH = 300;
/** Columns of the refused ones, and rows of the table. */
const COLUMNS = 50;
const ROWS = 8;

/** A moment, and a number of requests. */
type Point = readonly [milliseconds: number, requests: number];

/** What the plot is made of. */
export interface FloodSeries {
  /** Milliseconds that the plot is wide. */
  readonly until: number;
  /** Requests that had passed, after each one that did. */
  readonly passed: readonly Point[];
  /** How many the limit lets pass until then: over replicas that count apart, at least and at most. */
  readonly least: (milliseconds: number) => number;
  readonly most: (milliseconds: number) => number;
}

/** What the limit says of a flood, beside what became of it. */
export function floodSeries({ limit, replicas, requests }: Omit<FloodEvidence, "kind" | "title">): FloodSeries {
  const until = Math.max(1000, ...requests.map(({ atMilliseconds }) => atMilliseconds));
  const { floodPasses, requestsPerMinutePerReplica } = overReplicas(limit, replicas);
  // As many as the rate alone adds: the first one is of the burst.
  const added = (requestsPerMinute: number, milliseconds: number) => mostPasses({ requestsPerMinute, burst: 0 }, milliseconds) - 1;
  let total = 0;
  return {
    until,
    passed: requests.filter(({ passed }) => passed).map(({ atMilliseconds }) => [atMilliseconds, ++total]),
    least: (milliseconds) => floodPasses.least + (requestsPerMinutePerReplica === 0 ? 0 : added(requestsPerMinutePerReplica, milliseconds)),
    most: (milliseconds) => floodPasses.most + added(limit.requestsPerMinute, milliseconds),
  };
}

/** A number that an axis ends with: 1, 2 or 5 times a power of ten is a step, five steps at most. */
function axis(highest: number): { readonly end: number; readonly ticks: readonly number[] } {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((each) => highest / each <= 5) ?? 2000;
  const end = Math.ceil(highest / step) * step;
  return { end, ticks: Array.from({ length: end / step + 1 }, (_, index) => index * step) };
}

/** Moments at which a number of requests grows, to the millisecond. */
function stepsOf(of: (milliseconds: number) => number, until: number): Point[] {
  const points: Point[] = [[0, of(0)]];
  for (let at = 1; at <= until; at++) if (of(at) !== points.at(-1)?.[1]) points.push([at, of(at)]);
  return points;
}

/** A path's numbers, which need no escaping and may be many. */
const drawn = (path: string) => new Markup(path);

/** Draws it. @param id unique in the page */
export function floodPlot(evidence: FloodEvidence, id: string): Markup {
  const { limit, replicas, requests, title } = evidence;
  const series = floodSeries(evidence);
  const refused = requests.filter(({ passed }) => !passed);
  const wholeSeconds = series.until / 1000;
  const x = (milliseconds: number) => ((milliseconds / series.until) * WIDE).toFixed(1);
  const named = axis(wholeSeconds).ticks.filter((each) => each <= wholeSeconds);
  const upper = axis(Math.max(series.most(series.until), series.passed.length));
  const y = (number: number) => (HIGH - (number / upper.end) * HIGH).toFixed(1);

  const columns = Array.from({ length: COLUMNS }, (_, column) => {
    const [from, to] = [(column * series.until) / COLUMNS, ((column + 1) * series.until) / COLUMNS];
    return refused.filter(({ atMilliseconds: at }) => at >= from && (at < to || (column === COLUMNS - 1 && at === to))).length;
  });
  const highest = Math.max(1, ...columns);
  const staircase = (points: readonly Point[]) =>
    drawn(`${points.map(([at, number], index) => `${index === 0 ? `M${x(at)} ` : `H${x(at)}V`}${y(number)}`).join("")}H${WIDE}`);
  const theory = (of: (milliseconds: number) => number) => staircase(stepsOf(of, series.until));
  const said =
    `${series.passed.length} of ${requests.length} requests passed in ${seconds(series.until)}, ${refused.length} were refused with ${REJECT_STATUS}. ` +
    `The limit lets ${series.least(series.until)}${replicas === 1 ? "" : ` to ${series.most(series.until)}`} pass in that time: ${limit.burst + 1} at once, then one every ${seconds(60_000 / limit.requestsPerMinute)}.`;

  return html`<figure class="plot">
    <figcaption>The flood against the limit: ${title}</figcaption>
    <p>${said}</p>
    <div class="legend" aria-hidden="true">
      <span class="key passed">passed, in all</span><span class="key theory">what the limit lets pass</span
      ><span class="key refused">refused</span>
    </div>
    <div class="axes" aria-hidden="true">
      ${upper.ticks.map((tick) => html`<span class="y" style="bottom:${((tick / upper.end) * 100).toFixed(2)}%">${tick}</span>`)}
      <svg role="presentation" viewBox="0 0 ${WIDE} ${HIGH}" preserveAspectRatio="none">
        ${upper.ticks.map((tick) => html`<path class="grid" d="M0 ${y(tick)}H${WIDE}" />`)}
        <path class="room" d="${theory(series.most)}V${HIGH}H0Z" />
        ${replicas === 1 ? undefined : html`<path class="theory" d="${theory(series.least)}" />`}
        <path class="theory" d="${theory(series.most)}" />
        <path class="passed" d="${staircase([[0, 0], ...series.passed])}" />
      </svg>
    </div>
    <div class="axes low" aria-hidden="true">
      <span class="y" style="bottom:100%">${highest}</span><span class="y" style="bottom:0">0</span>
      <svg role="presentation" viewBox="0 0 ${COLUMNS} ${highest}" preserveAspectRatio="none">
        ${columns.map((number, column) =>
          number === 0
            ? undefined
            : html`<rect class="refused" x="${column + 0.1}" width="0.8" y="${highest - number}" height="${number}" />`,
        )}
      </svg>
      ${named.map((each) => html`<span class="x" style="left:${((each / wholeSeconds) * 100).toFixed(2)}%">${each} s</span>`)}
    </div>
    <details class="same" id="${id}-table">
      <summary>The same as a table</summary>
      ${floodTable(evidence, series)}
    </details>
  </figure>`;
}

/** The plot's numbers. */
function floodTable({ requests }: FloodEvidence, series: FloodSeries): Markup {
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const [from, to] = [(row * series.until) / ROWS, ((row + 1) * series.until) / ROWS];
    const until = requests.filter(({ atMilliseconds: at }) => at <= to);
    const own = until.filter(({ atMilliseconds: at }) => at > from || (row === 0 && at === 0));
    const passed = own.filter((each) => each.passed).length;
    return html`<tr>
      <th scope="row">${seconds(from)} to ${seconds(to)}</th>
      <td>${passed}</td>
      <td>${own.length - passed}</td>
      <td>${until.filter((each) => each.passed).length}</td>
      <td>${series.most(to)}</td>
    </tr>`;
  });
  return scrolled(
    "The flood, as a table",
    html`<table class="numbers">
      <thead>
        <tr>
          <th scope="col">time</th>
          <th scope="col">passed</th>
          <th scope="col">refused</th>
          <th scope="col">passed in all</th>
          <th scope="col">the limit lets pass</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  );
}
