/** Commands of this repository that a text tells people to type: whether they exist, with the arguments and options that it names. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, CommanderError } from "commander";
import { buildCli } from "../../ops/cli/cli";
import { COMMANDS } from "../../ops/cli/commands";
import { REPOSITORY } from "../../ops/engine";

/** `npm run script -- words`. */
export interface AdvertisedCall {
  readonly script: string;
  readonly words: readonly string[];
}

/** What stands for a value that is filled in later. */
const PLACEHOLDER = "NAME";

/** Every `npm run …` in a text of whatever language. What is filled in later (`$STACK`, `${stack}`, `<stack>`) is a word like any other. */
export function advertisedCalls(text: string): AdvertisedCall[] {
  const filledIn = text
    .replace(/\\\n\s*/g, " ")
    .replace(/"?\$\{[^}]*\}"?|"?\$\w+"?/g, PLACEHOLDER)
    .replace(/\\?<(\w+)>/g, PLACEHOLDER);
  return [...filledIn.matchAll(/npm run (?:-s |--silent )?([\w:-]*\w)(?: -- ([^\n"`'>|;&()#\\]*))?/g)].map(
    ([, script = "", rest = ""]) => ({
      script,
      // A sentence may go on behind it: "npm run doctor -- --provide. Then…"
      words: (rest.split(/[.,:](?=\s|$)| {2}/)[0] ?? "")
        .trim()
        .split(/\s+/)
        .filter((word) => word !== ""),
    }),
  );
}

/** What is wrong with a call; undefined when it can be typed. */
export type CallCheck = (call: AdvertisedCall, options?: { readonly complete?: boolean }) => Promise<string | undefined>;

/** Scripts of the sample server's own package, which the application has too. */
const OF_THE_SERVER = ["db:migrate"];

/**
 * Makes the check. `complete`: the text is there to be copied, so options that the command requires are there.
 */
export function callCheck(): CallCheck {
  const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as { scripts: Record<string, string> };
  const cli = async () => {
    const all = COMMANDS.map(({ name }) => name);
    return buildCli(all, { signal: new AbortController().signal });
  };
  return async ({ script, words }, { complete = false } = {}) => {
    const shown = `npm run ${[script, ...words].join(" ")}`;
    if (OF_THE_SERVER.includes(script)) return undefined;
    const program = scripts[script];
    if (program === undefined) return `${shown}: package.json has no script ${script}`;
    const [, fixed] = /^tsx ops\/main\.ts ?(.*)$/.exec(program) ?? [];
    if (fixed === undefined) return undefined;
    const [name, ...rest] = [...fixed.split(" ").filter((word) => word !== ""), ...words];
    if (name === undefined || name === "--help" || name === PLACEHOLDER) return undefined;
    const command = (await cli()).commands.find((each) => each.name() === name);
    if (command === undefined) return `${shown}: ops has no command ${name}`;
    const problem = problemOf(command, rest, complete);
    return problem === undefined ? undefined : `${shown}: ${problem}`;
  };
}

function problemOf(command: Command, words: readonly string[], complete: boolean): string | undefined {
  if (words.includes("--help")) return undefined;
  const said: string[] = [];
  command.exitOverride().configureOutput({ writeErr: (text) => said.push(text) });
  try {
    const choices = (option?: string) => command.options.find(({ long }) => long === option)?.argChoices;
    const { operands, unknown } = command.parseOptions(
      words.map((word, index) => (word === PLACEHOLDER ? (choices(words[index - 1])?.[0] ?? word) : word)),
    );
    if (unknown.length > 0) return `it has no option ${unknown[0]}`;
    const [first] = operands;
    const taken = [
      ...command.commands.map((each) => each.name()),
      ...command.registeredArguments.flatMap(({ argChoices = [PLACEHOLDER] }) => argChoices),
    ];
    // A sentence goes on behind a command that takes nothing: "… --stack NAME says what differs".
    if (first !== undefined && (complete || taken.length > 0) && !taken.includes(first)) return `it takes no ${first}`;
    const missing = command.options.find((option) => option.mandatory && command.getOptionValue(option.attributeName()) === undefined);
    if (complete && missing !== undefined) return `it needs ${missing.long}`;
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return said.join("").trim();
  }
}
