/** The keys of the rehearsal's Datadog: made once, in a file that only its owner reads. */
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Keys } from "./api";

/** Bytes of an API key and of an application key, as Datadog's have. */
const API_KEY_BYTES = 16;
const APP_KEY_BYTES = 20;

/** @throws Error when the file is missing or holds no keys */
export function readKeys(file: string): Keys {
  const { apiKey, appKey } = JSON.parse(readFileSync(file, "utf8")) as Partial<Keys>;
  if (typeof apiKey !== "string" || typeof appKey !== "string") throw new Error(`${file} holds no keys. Remove it and run again.`);
  return { apiKey, appKey };
}

/** Makes the file unless it is there. */
export function provideKeys(file: string): Keys {
  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  const keys: Keys = { apiKey: randomBytes(API_KEY_BYTES).toString("hex"), appKey: randomBytes(APP_KEY_BYTES).toString("hex") };
  writeFileSync(aside, JSON.stringify(keys), { mode: 0o600 });
  try {
    // Appears in one step, and only where there is none.
    linkSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
  return readKeys(file);
}
