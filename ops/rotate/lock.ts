/** One rotation of a stack at a time on this machine. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { tryLock } from "../../toolchain/cache";
import type { Access } from "../access";

/** @throws Error when another rotation is at work */
export async function withRotationLock<T>({ stack, records }: Pick<Access, "stack" | "records">, work: () => Promise<T>): Promise<T> {
  await mkdir(records, { recursive: true, mode: 0o700 });
  const lock = join(records, "rotate.lock");
  if (!(await tryLock(lock))) throw new Error(`${stack}: another rotation is at work on this machine (${lock}). Wait for it to end.`);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}
