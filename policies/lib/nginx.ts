/** Reads nginx configuration: the words of its directives, and their blocks. Files that are included are not read. */

/** A directive: `limit_req zone=api burst=20;`. */
export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  /** What stands in its braces; absent: it ends with a semicolon. */
  readonly block?: readonly Directive[];
}

/** A word in quotes, one without, or a character that ends something. Braces belong to a word after `$` only: `${name}`. */
const TOKEN = /\s+|#[^\n]*|"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'|([{};])|((?:\$\{\w+\}|[^\s;{}"'#])(?:\$\{\w+\}|[^\s;{}])*)/gy;

/** The directives of a text. @throws SyntaxError where it is no configuration */
export function parseNginx(text: string): readonly Directive[] {
  const outer: Directive[][] = [[]];
  let words: string[] = [];
  const end = (block?: Directive[]) => {
    const [name, ...rest] = words;
    if (name === undefined) throw new SyntaxError("a directive without a name");
    outer.at(-1)?.push({ name, words: rest, ...(block === undefined ? {} : { block }) });
    words = [];
  };
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text);
    if (token === null) throw new SyntaxError("a quote without an end");
    const [, double, single, mark, bare] = token;
    const word = double ?? single ?? bare;
    if (word !== undefined) words.push(bare ?? word.replaceAll(/\\(["'\\])/g, "$1"));
    if (mark === ";") end();
    if (mark === "{") {
      const block: Directive[] = [];
      end(block);
      outer.push(block);
    }
    if (mark === "}" && (words.length > 0 || outer.pop() === undefined || outer.length === 0))
      throw new SyntaxError("a brace that closes nothing");
  }
  if (outer.length !== 1 || words.length > 0) throw new SyntaxError("a block without an end");
  return outer[0];
}

/** Directives with a name: among these, and, with `deep`, in their blocks. */
export function directives(among: readonly Directive[], name: string, deep = false): Directive[] {
  return among.flatMap((each) => [
    ...(each.name === name ? [each] : []),
    ...(deep && each.block !== undefined ? directives(each.block, name, true) : []),
  ]);
}

/** What a `map` gives a value; its source is taken as it stands, without patterns. */
export function mapped(map: Directive, value: string): string | undefined {
  const entries = new Map((map.block ?? []).map((each) => [each.name, each.words[0] ?? ""]));
  return entries.get(value) ?? entries.get("default");
}

/** Whether a variable's value is made from a text (`$binary_remote_addr`): followed through the maps that it is made of. */
function isMadeFrom(variable: string, text: string, maps: readonly Directive[], seen: readonly string[] = []): boolean {
  if (variable.includes(text)) return true;
  return maps
    .filter(({ words }) => words[1] !== undefined && variable.includes(words[1]) && !seen.includes(words[1]))
    .some(({ words: [source = "", name = ""] }) => isMadeFrom(source, text, maps, [...seen, name]));
}

/** Whether a variable says who the client is: its address, or what maps make of it. */
export const isClientAddress = (variable: string, maps: readonly Directive[]) =>
  ["$remote_addr", "$binary_remote_addr"].some((address) => isMadeFrom(variable, address, maps));
