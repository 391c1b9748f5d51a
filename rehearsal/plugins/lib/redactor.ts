/** Keeps secrets out of messages, whoever wrote the message: a database that quotes a statement, an API that quotes a body. */
import { isObject, Secret } from "./wire";

/** Shorter strings ("", "true", "5432") are too common to blot out: a message would become unreadable and hide nothing. */
const SHORTEST_SECRET = 4;

/** A name as clusters, databases and clouds have them. Generated passwords hold capitals. */
const NAME = /^[a-z0-9][a-z0-9._:/-]*$/;

/**
 * Remembers the secret strings that went through the plugin and blots them out of text. A name that the program also says in the open is no
 * secret, although it stands in one: `PGDATABASE` in a pod's Secret is a word of many messages.
 */
export class Redactor {
  private readonly secrets = new Set<string>();
  private readonly openNames = new Set<string>();

  /** Remembers every secret string in a marked value, also as base64 and, where it is a JSON document, its strings; and the open names. */
  learn(value: unknown, secret = false): void {
    if (value instanceof Secret) this.learn(value.value, true);
    else if (Array.isArray(value)) value.forEach((element) => this.learn(element, secret));
    else if (isObject(value)) Object.values(value).forEach((member) => this.learn(member, secret));
    else if (typeof value === "string" && secret) this.learnText(value);
    else if (typeof value === "string" && NAME.test(value)) this.openNames.add(value);
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
    const longestFirst = [...this.secrets].filter((secret) => !this.openNames.has(secret)).sort((a, b) => b.length - a.length);
    return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
  }
}
