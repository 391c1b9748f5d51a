/** Ratios of two measurements, taken in turns in one run: what slows the machine down slows both. */

/** What is compared. */
export interface Comparison {
  readonly name: string;
  /** Measures once. */
  readonly of: () => Promise<number>;
  /** What it is divided by. */
  readonly over: () => Promise<number>;
  /** How often each is measured, after one time that does not count. */
  readonly rounds: number;
  /** The ratio that is promised at least, of what is better the larger it is. @default `most` is promised */
  readonly least?: number;
  /** The ratio that is promised at most, of what is better the smaller it is. */
  readonly most?: number;
}

/** A ratio, and how far it can be believed. */
export interface Row {
  readonly name: string;
  /** Median of the rounds' ratios. */
  readonly ratio: number;
  /** Half of the rounds' ratios lie between these. */
  readonly quartiles: readonly [number, number];
  readonly rounds: number;
  readonly least?: number | undefined;
  readonly most?: number | undefined;
  /** Medians of what was measured: `of`, then `over`. */
  readonly medians: readonly [number, number];
}

/** Measures both in turns, each first in every other round. */
export async function compare({ name, of, over, rounds, least, most }: Comparison): Promise<Row> {
  await of();
  await over();
  const pairs: [number, number][] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) pairs.push([await of(), await over()]);
    else {
      const below = await over();
      pairs.push([await of(), below]);
    }
  }
  const ratios = pairs.map(([a, b]) => a / b);
  return {
    name,
    ratio: quantile(ratios, 0.5),
    quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    rounds,
    least,
    most,
    medians: [
      quantile(
        pairs.map(([a]) => a),
        0.5,
      ),
      quantile(
        pairs.map(([, b]) => b),
        0.5,
      ),
    ],
  };
}

/** Linear between the two nearest values. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return low + (high - low) * (at - Math.floor(at));
}
