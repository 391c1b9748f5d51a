/** Identities of age, which open encrypted dumps (runbook §5): where they come from. None is ever in an argument, a message or a file of ours. */
import { readFile } from "node:fs/promises";
import { identityToRecipient } from "age-encryption";
import { holdsAgeIdentity } from "../../components/lib/age-recipient";
import { namedVariable } from "../../toolchain/environment";
import { askHidden } from "../cli/ask-hidden";

/** Where they are. */
export interface IdentityPlace {
  /** A file as `age-keygen` writes it: an identity a line, comments after `#`. */
  readonly identityFile?: string | undefined;
  /** Name of a variable of the environment with the same in it. */
  readonly identityEnv?: string | undefined;
  /** Asks whoever is at the terminal; absent: nobody is. */
  readonly ask?: (() => Promise<string>) | undefined;
}

/** One or more. */
export interface Identities {
  /** As age has them. They go to {@link decryptFile}, and nowhere else. */
  readonly secrets: readonly string[];
  /** Their public keys. */
  readonly recipients: readonly string[];
}

/** Reads them when they are needed: from where the flags say, or from whoever is at the terminal. */
export function identitiesAt(place: Pick<IdentityPlace, "identityFile" | "identityEnv">, signal: AbortSignal): () => Promise<Identities> {
  const ask = () => askHidden("Identity of age that opens the dump (AGE-SECRET-KEY-1…, not shown): ", signal);
  return () => readIdentities({ ...place, ask: process.stdin.isTTY ? ask : undefined });
}

/** @throws Error that says what to give, without repeating what was given */
export async function readIdentities({ identityFile, identityEnv, ask }: IdentityPlace): Promise<Identities> {
  for (const [flag, value] of Object.entries({ "--identity-file": identityFile, "--identity-env": identityEnv }))
    if (value !== undefined && holdsAgeIdentity(value))
      throw new Error(
        `${flag} was given an identity itself, which everybody on this machine can read: make another. It takes where one is.`,
      );
  if (identityFile !== undefined && identityEnv !== undefined)
    throw new Error("--identity-file and --identity-env are both given: give one.");
  if (identityFile !== undefined) {
    const text = await readFile(identityFile, "utf8").catch((error: unknown) => {
      throw new Error(`--identity-file cannot be read: ${(error as Error).message}.`, { cause: error });
    });
    return parse(text, identityFile);
  }
  if (identityEnv !== undefined) {
    const text = namedVariable(identityEnv);
    if (text === undefined) throw new Error(`--identity-env names ${identityEnv}, which the environment has not, or empty.`);
    return parse(text, identityEnv);
  }
  if (ask === undefined) throw new Error("give its identity: --identity-file FILE, or --identity-env NAME with the name of a variable.");
  return parse(await ask(), "what was typed");
}

async function parse(text: string, where: string): Promise<Identities> {
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  const secrets = lines.filter((line) => line !== "");
  if (secrets.length === 0) throw new Error(`${where} holds no identity of age (a line AGE-SECRET-KEY-1…).`);
  const recipients = await Promise.all(
    secrets.map((secret) =>
      identityToRecipient(secret).catch(() => {
        throw new Error(
          `line ${lines.indexOf(secret) + 1} of ${where} is no identity of age (AGE-SECRET-KEY-1…, copied whole, not encrypted itself).`,
        );
      }),
    ),
  );
  return { secrets, recipients };
}
