/** HTML that cannot be injected: a template in which everything is escaped that is not markup itself. */

/** Characters of a text that are shown: a server may send the page of somebody megabytes. */
const SHOWN = 4000;

/** Markup as {@link html} makes it; nothing else does. */
export class Markup {
  /** @param text HTML */
  constructor(readonly text: string) {}
}

/** What may stand in a template; `undefined` is nothing. */
export type Part = string | number | Markup | undefined | readonly Part[];

/** A piece of HTML. Values may stand between tags, and between the double quotes of an attribute. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((string, index) => string + textOf(parts[index])).join(""));
}

function textOf(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return escapeText(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
/** Characters that show nothing, or turn round what stands beside them: controls but for tab and end of line, and those of the direction of writing. */
// eslint-disable-next-line no-control-regex -- they are what it finds
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/g;

/** Text as HTML: shortened, and with nothing in it that is not seen. */
function escapeText(text: string): string {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length - SHOWN} characters more)` : text;
  return shown
    .replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
