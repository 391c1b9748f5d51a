/** Lines of the pods' logs (runbook §1): requests in Apache's combined format, and no developer's output. */

/** A line in the combined format, as morgan writes it. */
const COMBINED =
  /^\S+ - \S+ \[\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] "[A-Z]+ \S+ HTTP\/\d(\.\d)?" (\d{3}|-) (\d+|-) "[^"]*" "[^"]*"$/;
const ESCAPE = String.fromCharCode(27);
/** What a server prints only for its developers: morgan's `dev` and `tiny`, colours, levels below info (by name, or pino's number), and `DEBUG=…`. */
const VERBOSE = [
  /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \S+ \d{3}/,
  new RegExp(`${ESCAPE}\\[\\d`),
  /"level":\s*("(debug|trace|silly|verbose)"|[12]\d?[,}])/i,
  // The level stands first, or after the time; elsewhere it is a word like any other.
  /^\s*(\[?\d\S*\s+)?(\[(debug|trace|silly|verbose)\]|(debug|trace|silly|verbose):)/i,
  /^\s*(\[?\d\S*\s+)?(DEBUG|TRACE|SILLY|VERBOSE)\s/,
  /^\s*(\d\S*\s+)?(express|engine|socket\.io|morgan|prisma)(:[\w-]+)+\s/,
];
/** Characters of a line that a message repeats: an address may stand in the rest. */
const SHOWN = 80;

/** What a log holds. */
export interface JudgedLog {
  readonly lines: number;
  /** Beginnings of lines that should not be there. */
  readonly wrong: readonly string[];
}

/** access.log, from its end: the first line may be half one. */
export function judgeAccessLog(text: string): JudgedLog {
  const lines = text.split("\n").filter((line) => line !== "");
  const whole = lines[0] !== undefined && COMBINED.test(lines[0]) ? lines : lines.slice(1);
  // A log of a single line that is not combined is no half line: it is all there is.
  const judged = lines.length === 1 ? lines : whole;
  return { lines: judged.length, wrong: judged.filter((line) => !COMBINED.test(line)).map(shorten) };
}

/** What the process printed. */
export function judgeProcessLog(text: string): JudgedLog {
  const lines = text.split("\n").filter((line) => line !== "");
  return { lines: lines.length, wrong: lines.filter((line) => VERBOSE.some((pattern) => pattern.test(line))).map(shorten) };
}

// eslint-disable-next-line no-control-regex -- they are what it removes
const shorten = (line: string) => JSON.stringify(line.replace(/[\x00-\x1f]/g, "").slice(0, SHOWN));
