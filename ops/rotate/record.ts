/** The last record of each kind of rotation, beside those of verifications. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Keeps it, instead of the one before. */
export async function keepRecord(folder: string, name: string, record: unknown): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${name}.json`);
  await writeFile(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
