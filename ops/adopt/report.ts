/** An adoption's findings for people. */
import type { ExistingSecrets } from "./existing-secrets";
import { type Fate, REFUSED, type Row } from "./plan";

/** Paths that a line names; the record has all. */
const FIELDS = 4;

const WORDS: Readonly<Record<Fate, string>> = {
  kept: "kept as it is",
  changed: "changed in place",
  replaced: "REFUSED: would be replaced",
  "somebody else's": "REFUSED: somebody else's",
  unclear: "REFUSED: several are called so",
};
const ORDER: readonly Fate[] = ["kept", "changed", ...REFUSED];

/** What was found. */
export interface Findings {
  readonly stack: string;
  /** Resources that are the stack's already. */
  readonly ours: number;
  readonly rows: readonly Row[];
  /** Resources that do not exist, and are made. */
  readonly made: readonly string[];
  /** What is there beside, and stays as it is. */
  readonly leftAlone: readonly string[];
  readonly secrets: ExistingSecrets | undefined;
}

/** `kubernetes:apps/v1:Deployment` → `Deployment`. */
const short = (type: string) => type.split(":").at(-1) ?? type;

/** The table. */
export function findingsText({ stack, ours, rows, made, leftAlone, secrets }: Findings): string {
  const lines = ORDER.flatMap((fate) =>
    rows
      .filter((row) => row.fate === fate)
      .map((row) => {
        const more = row.fields.length > FIELDS ? [`${row.fields.length - FIELDS} more`] : [];
        const fields = [...row.fields.slice(0, FIELDS), ...more].join(", ");
        return [WORDS[fate], short(row.type), row.id, [fields, row.note].filter((text) => text !== undefined && text !== "").join("; ")];
      }),
  );
  const widths = [0, 1, 2].map((column) => Math.max(0, ...lines.map((line) => line[column]?.length ?? 0)));
  const table = lines.map((line) => `  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
  const count = (fates: readonly Fate[]) => rows.filter(({ fate }) => fates.includes(fate)).length;
  return [
    `${stack}: ${rows.length} of the program's resources exist and are not the stack's; ${ours} are the stack's already`,
    ...table,
    `  ${count(["kept"])} kept as they are, ${count(["changed"])} changed in place, ${made.length} made new${count(REFUSED) === 0 ? ", nothing replaced" : `, ${count(REFUSED)} refused`}`,
    ...(secrets === undefined ? [] : secretLines(secrets)),
    ...leftAlone.map((each) => `  left alone, the program has no such thing: ${each}`),
  ].join("\n");
}

function secretLines({ versionId, madeOn, problems, previousVersionId }: ExistingSecrets): string[] {
  if (problems.length > 0) return problems.map((problem) => `  REFUSED: ${problem}`);
  return [
    `  the application's secrets stay as they are: version ${versionId} of ${madeOn} is generation 1`,
    ...(previousVersionId === undefined
      ? []
      : [`  AWSPREVIOUS leaves version ${previousVersionId}: its values end, as the checklist asks (RB-3.1)`]),
  ];
}
