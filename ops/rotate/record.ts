/** The last record of each kind of rotation, beside those of verifications. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../../toolchain/cache";

/** Keeps it, instead of the one before. */
export async function keepRecord(folder: string, name: string, record: unknown): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeAtomically(join(folder, `${name}.json`), `${JSON.stringify(record, undefined, 2)}\n`, 0o600);
}
