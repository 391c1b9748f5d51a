/** Keeps secrets out of messages, whoever wrote the message: a database that quotes a statement, an API that quotes a body. */
import { isObject, Secret } from "./wire";

/** Shorter strings ("", "true", "5432") are too common to blot out: a message would become unreadable and hide nothing. */
const SHORTEST_SECRET = 4;

/** Remembers the secret strings that went through the plugin and blots them out of text. */
export class Redactor {
  private readonly secrets = new Set<string>();

  /** Remembers every secret string in a marked value, also as base64 and, where it is a JSON document, its strings. */
  learn(value: unknown, secret = false): void {
    if (value instanceof Secret) this.learn(value.value, true);
    else if (Array.isArray(value)) value.forEach((element) => this.learn(element, secret));
    else if (isObject(value)) Object.values(value).forEach((member) => this.learn(member, secret));
    else if (secret && typeof value === "string") this.learnText(value);
  }

  private learnText(text: string): void {
    if (text.length < SHORTEST_SECRET || this.secrets.has(text)) return;
    this.secrets.add(text);
    this.secrets.add(Buffer.from(text).toString("base64"));
    if (!text.startsWith("{") && !text.startsWith("[")) return;
    try {
      this.learn(JSON.parse(text), true);
    } catch {
      // Not a JSON document: remembered as a whole, which is all that can be done.
    }
  }

  /** `text` with each known secret replaced by `[secret]`. */
  redact(text: string): string {
    const longestFirst = [...this.secrets].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
  }
}
