/** Kubernetes quantities of memory. */

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes of a quantity ("512Mi"); undefined when it is none. */
export function bytesOf(quantity: unknown): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([kMGT]i?|Ki)?$/.exec(String(quantity)) ?? [];
  const factor = UNITS[unit ?? ""];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
