/** What a run of the mutants came to. */
import { dirname } from "node:path";
import type { Verdict } from "./runner";

/** Mutants of a folder. */
export interface Score {
  readonly folder: string;
  readonly noticed: number;
  readonly all: number;
  /** Noticed ones, in percent of all; 100 where there are none. */
  readonly percent: number;
}

/** The least score, in percent. */
export const LEAST = 85;

const isNoticed = ({ status }: Verdict) => status === "killed" || status === "timeout";

/** The score of some mutants. What no test reaches counts as unnoticed. */
function scoreOf(folder: string, verdicts: readonly Verdict[]): Score {
  const noticed = verdicts.filter(isNoticed).length;
  return { folder, noticed, all: verdicts.length, percent: verdicts.length === 0 ? 100 : (100 * noticed) / verdicts.length };
}

/** Scores by folder, and of all. */
export function scores(verdicts: readonly Verdict[]): Score[] {
  const folders = [...new Set(verdicts.map(({ file }) => dirname(file)))].sort();
  return [
    ...folders.map((folder) =>
      scoreOf(
        folder,
        verdicts.filter(({ file }) => dirname(file) === folder),
      ),
    ),
    scoreOf("all", verdicts),
  ];
}

/** Survivors, a line each: `policies/lib/read.ts:7: > → >=`. */
function survivors(verdicts: readonly Verdict[]): string[] {
  const oneLine = (code: string) => code.replace(/\s+/g, " ");
  return verdicts
    .filter((each) => !isNoticed(each))
    .map(({ file, line, original, replacement, status }) => {
      const note = status === "not reached" ? " (no test reaches it)" : "";
      return `${file}:${line}: ${oneLine(original)} → ${oneLine(replacement)}${note}`;
    });
}

/** A report as text. */
export function reportText(verdicts: readonly Verdict[]): string {
  const lines = scores(verdicts).map(
    ({ folder, noticed, all, percent }) => `${percent.toFixed(1).padStart(5)} %  ${noticed} of ${all}  ${folder}`,
  );
  return [...survivors(verdicts), "", ...lines, ""].join("\n");
}
