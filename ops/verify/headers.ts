/** The edge's security headers on an answer, against the settings. */
import { HIDDEN_HEADERS, securityHeaders } from "../../components/lib/security-headers";
import type { EdgeResponse } from "../edge-client";
import type { Cell } from "./evidence";
import type { ProbeContext } from "./probe";

/** The edge's headers of a response, each a row: what there is, and whether it is there once and as specified. */
export function compareHeaders(
  { settings, systems }: ProbeContext,
  answer: Pick<EdgeResponse, "rawHeaders">,
  overHttps: boolean,
): { problems: string[]; cells: Cell[] } {
  const port = systems.edgeAddress.httpsPort ?? 443;
  const authority = `${settings.hosts.api}${port === 443 ? "" : `:${port}`}`;
  const values = (name: string) =>
    answer.rawHeaders.filter((_, index) => index % 2 === 1 && answer.rawHeaders[index - 1]?.toLowerCase() === name.toLowerCase());
  const problems: string[] = [];
  const cells = securityHeaders({ authority, hsts: settings.edge.hsts }).map(({ name, value, overHttp }): Cell => {
    const found = values(name);
    if (!overHttps && !overHttp) {
      if (found.length > 0) problems.push(`${name} over plain HTTP`);
      return found.length === 0 ? { text: "absent, as it must be (RFC 6797)", mark: "good" } : { text: found.join(" and "), mark: "bad" };
    }
    const good = found.length === 1 && found[0] === value;
    if (!good) problems.push(`${name}: ${found.join(" and ") || "nothing"}`);
    return { text: found.join(" and ") || "nothing", mark: good ? "good" : "bad" };
  });
  const leaked = HIDDEN_HEADERS.filter((name) => /powered/i.test(name) && values(name).length > 0);
  problems.push(...leaked.map((name) => `${name} tells what it is made of`));
  return { problems, cells };
}

/** What to do about a wrong one. */
export const HEADERS_TODO =
  "Each header has one owner, the edge: compare its configuration with `ops render edge` (docs/runbook/4-edge.md).";
