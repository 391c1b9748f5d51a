/** Gets the answers: from flags, else from whoever is at the terminal, else what is proposed. */
import { createInterface } from "node:readline/promises";
import { schemaAt } from "../../settings/schema";
import { type Answers, type Known, type Question, QUESTIONS } from "./questions";

/** Asks one question and gives the line that was typed. @throws AbortError when the operator interrupts */
export type Prompt = (question: string) => Promise<string>;

/**
 * All answers.
 *
 * @param given answers by flag
 * @param prompt undefined: nobody is at a terminal
 * @param complain where a wrong answer is told of before the question comes again
 * @throws Error that names every flag without which it cannot go on
 */
export async function collectAnswers(
  stack: string,
  given: Answers,
  prompt: Prompt | undefined,
  complain: (problem: string) => void,
): Promise<Answers> {
  const answers: Record<string, readonly string[]> = {};
  const problems: string[] = [];
  for (const question of QUESTIONS) {
    const known: Known = { stack, answers };
    const values = given[question.flag] ?? (prompt === undefined ? question.propose?.(known) : undefined);
    if (values !== undefined) {
      answers[question.flag] = withoutNone(question, values);
      const problem = problemOf(question, answers[question.flag] ?? [], known);
      if (problem !== undefined) problems.push(`  --${question.flag} ${problem}`);
    } else if (prompt === undefined) problems.push(`  --${question.flag} ${question.takes} is missing: ${question.text}.`);
    else answers[question.flag] = await ask(question, known, prompt, complain);
  }
  if (problems.length > 0) throw new Error(`${stack}: nothing was written.\n${problems.join("\n")}`);
  return answers;
}

const withoutNone = ({ mayBeNone }: Question, values: readonly string[]) =>
  mayBeNone === true && values.length === 1 && values[0] === "none" ? [] : values;

async function ask(question: Question, known: Known, prompt: Prompt, complain: (problem: string) => void): Promise<readonly string[]> {
  const proposed = question.propose?.(known);
  const hint = proposed !== undefined ? ` [${proposed.join(" ")}]` : question.mayBeNone === true ? " [none]" : "";
  for (;;) {
    const line = (await prompt(`${question.text}${hint}: `)).trim();
    const typed = question.separator === undefined ? [line] : line.split(question.separator).filter((value) => value !== "");
    const values = line === "" ? (proposed ?? []) : withoutNone(question, typed);
    const problem = values.length === 0 && question.mayBeNone !== true ? "has to be answered." : problemOf(question, values, known);
    if (problem === undefined) return values;
    complain(`  It ${problem}`);
  }
}

/** What the schema says of an answer's settings, each by itself; what they mean together is asked when all are known. */
function problemOf(question: Question, values: readonly string[], known: Known): string | undefined {
  try {
    for (const [path, value] of Object.entries(question.settings(values, known))) {
      const result = schemaAt(path.split("."))?.safeParse(value);
      if (result?.success === false) return `must be ${result.error.issues[0]?.message}, got ${JSON.stringify(values.join(" "))}.`;
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A terminal's prompt: question to standard error, answer from standard input; `close` gives the terminal back. */
export function terminalPrompt(signal: AbortSignal): { prompt: Prompt; close: () => void } {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  return { prompt: (question) => reader.question(question, { signal }), close: () => reader.close() };
}
