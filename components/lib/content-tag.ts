/** Names of what must not change once it exists. */
import { createHash } from "node:crypto";

/** Short, stable name of a content that is known at preview; ten hex digits of its SHA-256. */
export function contentTag(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 10);
}
