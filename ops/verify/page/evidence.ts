/** Evidence of a probe as HTML. */
import type { Cell, Evidence, MatrixEvidence, TableEvidence } from "../evidence";
import { floodPlot } from "./flood";
import { html, type Markup } from "./markup";
import { timeline } from "./timeline";
import { marked, scrolled } from "./words";

/** Draws one piece. @param id unique in the page */
export function evidenceOf(evidence: Evidence, id: string): Markup {
  switch (evidence.kind) {
    case "text":
      return html`<figure>
        <figcaption>${evidence.title}</figcaption>
        <pre tabindex="0">${evidence.text}</pre>
      </figure>`;
    case "table":
      return table(evidence);
    case "matrix":
      return matrix(evidence);
    case "flood":
      return floodPlot(evidence, id);
    case "timeline":
      return timeline(evidence);
  }
}

function table({ title, columns, rows }: TableEvidence): Markup {
  return scrolled(
    title,
    html`<table>
      <caption>
        ${title}
      </caption>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, ...cells]) =>
            html`<tr>
              <th scope="row">${cellOf(name)}</th>
              ${cells.map((cell) => html`<td>${cellOf(cell)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>`,
  );
}

function cellOf(cell: Cell | undefined): Markup | string {
  return cell === undefined ? "" : typeof cell === "string" ? cell : marked(cell.text, cell.mark);
}

/** Words of a verdict of the database. */
const MAY: Readonly<Record<string, string>> = { allow: "may", deny: "may not", "": "not tried" };

/** What roles may do. A cell that is as specified says what the role may; another says what was specified too. */
function matrix({ title, columns, rows }: MatrixEvidence): Markup {
  const word = (verdict: string) => MAY[verdict] ?? verdict;
  return scrolled(
    title,
    html`<table class="matrix">
      <caption>
        ${title}
      </caption>
      <thead>
        <tr>
          <th scope="col">action</th>
          ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ label, cells }) =>
            html`<tr>
              <th scope="row">${label}</th>
              ${cells.map(({ got, expected }) =>
                got === expected
                  ? html`<td class="${got === "allow" ? "may" : "may-not"}">${word(got)}</td>`
                  : html`<td class="wrong">${marked(`${word(got)}; specified: ${word(expected)}`, "bad")}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>`,
  );
}
