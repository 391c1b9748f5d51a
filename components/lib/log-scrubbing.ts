/**
 * What never leaves the node (runbook §6): rules for Datadog's agent, which reads the log files. Patterns are RE2's (no look-around, no
 * back-reference); they run in this order on every line, before anything is sent.
 */
import { API_SERVICE } from "./alerts";

/** A rule, in the agent's own words. */
export type LogRule =
  | { readonly type: "exclude_at_match"; readonly name: string; readonly pattern: string }
  | { readonly type: "mask_sequences"; readonly name: string; readonly pattern: string; readonly replace_placeholder: string };

/** Names of query parameters and fields whose values are nobody's business. */
const SECRET_NAMES =
  "access_token|api_key|apikey|auth|code|csrf|id_token|key|password|refresh_token|secret|session|sid|sig|signature|token";

/** The rules. */
export const LOG_RULES: readonly LogRule[] = [
  // One every few seconds for each pod, and none says anything that the probe does not.
  { type: "exclude_at_match", name: "healthy_probes", pattern: String.raw`"(GET|HEAD) /health(\?[^ "]*)? HTTP/[0-9.]+" 200 ` },
  {
    type: "mask_sequences",
    name: "mask_json_web_tokens",
    pattern: String.raw`eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(\.[A-Za-z0-9_-]*)?`,
    replace_placeholder: "[token]",
  },
  {
    type: "mask_sequences",
    name: "mask_authorization",
    pattern: String.raw`(?i)\b(bearer|basic)( |%20|\+)[A-Za-z0-9._~+/=-]{6,}`,
    replace_placeholder: "${1} [token]",
  },
  {
    type: "mask_sequences",
    name: "mask_cookies",
    pattern: String.raw`(?i)\b(cookie"?[:=] ?"?)[^"\r\n]+`,
    replace_placeholder: "${1}[cookies]",
  },
  {
    type: "mask_sequences",
    name: "mask_secret_parameters",
    pattern: String.raw`(?i)([?&;](?:${SECRET_NAMES})=)[^&;" ]+`,
    replace_placeholder: "${1}[redacted]",
  },
  {
    type: "mask_sequences",
    name: "mask_email_addresses",
    pattern: String.raw`[A-Za-z0-9._%+-]+(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`,
    replace_placeholder: "[email]",
  },
];

/** What the agent is told of a folder of log files: the runbook's four lines, and the rules. */
export function logCollection(directory: string, service = API_SERVICE, source = "nodejs") {
  return [{ type: "file", path: `${directory}/*.log`, service, source, log_processing_rules: LOG_RULES }];
}

/** A pattern of the agent's as JavaScript has it: RE2 writes its flags inside. */
function toRegExp(pattern: string): RegExp {
  return pattern.startsWith("(?i)") ? new RegExp(pattern.slice("(?i)".length), "gi") : new RegExp(pattern, "g");
}

/** What the agent sends of a line; undefined: nothing. */
export function scrub(line: string, rules: readonly LogRule[] = LOG_RULES): string | undefined {
  return rules.reduce<string | undefined>((text, rule) => {
    if (text === undefined) return undefined;
    const pattern = toRegExp(rule.pattern);
    if (rule.type === "exclude_at_match") return pattern.test(text) ? undefined : text;
    return text.replaceAll(pattern, rule.replace_placeholder.replaceAll(/\$\{(\d)\}/g, "$$$1"));
  }, line);
}
