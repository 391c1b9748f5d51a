/** The secrets' values while a rotation runs: in this process's memory, and nowhere else. */
import { parseGenerationsTag, secretValues } from "../../components/lib/generations";
import { SECRET_NAMES } from "../../config";
import type { Systems } from "../verify/systems";
import type { SecretName } from "./generations";

/** A value, and whose it is. Never print one: it has no `toString` that gives it away. */
export class SecretValue {
  readonly #value: string;

  constructor(
    readonly secret: SecretName,
    readonly generation: number,
    value: string,
  ) {
    this.#value = value;
  }

  /** For whoever signs with it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return `${this.secret} generation ${this.generation}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Every value that this run has seen, by secret and generation: also those that are gone since, which must be refused now. */
export class KnownValues {
  private readonly values = new Map<string, SecretValue>();

  /** Reads the Secret with these generations, if the cluster (still) has it. */
  async learn(systems: Systems, tag: string): Promise<void> {
    const parsed = parseGenerationsTag(tag, SECRET_NAMES.length);
    if (parsed === undefined) return;
    const { namespace } = systems.access.settings.cluster;
    const data = await systems.secret(namespace, `maestroverse-app-secrets-${tag}`);
    const generations = Object.fromEntries(parsed.map((each, index) => [SECRET_NAMES[index] as string, { ...each, rotatedOn: "" }]));
    for (const { secret, generation, variable } of secretValues(generations)) {
      const value = data[variable];
      if (value !== undefined) this.values.set(`${secret} ${generation}`, new SecretValue(secret as SecretName, generation, value));
    }
  }

  /** Every value of a secret, the newest first. */
  of(secret: SecretName): SecretValue[] {
    return [...this.values.values()].filter((value) => value.secret === secret).sort((a, b) => b.generation - a.generation);
  }

  /** One of them. */
  get(secret: SecretName, generation: number): SecretValue | undefined {
    return this.values.get(`${secret} ${generation}`);
  }
}
