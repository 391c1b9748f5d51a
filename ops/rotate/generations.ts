/** Generations of the application's secrets as a stack's settings have them, and what a rotation makes of them. */
import type { SECRET_NAMES, Settings } from "../../config";

/** Name of a secret that rotates. */
export type SecretName = (typeof SECRET_NAMES)[number];

/** Settings of every secret, by name. */
export type SecretGenerations = Settings["secrets"]["generations"];

/** Settings of one secret. */
export type SecretSetting = SecretGenerations[SecretName];

/** New settings of some secrets. */
export type Edits = Readonly<Partial<Record<SecretName, SecretSetting>>>;

/** Where a secret is in its rotation, as its settings say. */
export type Phase = "steady" | "prepared" | "published";

/** The phase of a secret. */
export function phaseOf({ overlap }: SecretSetting): Phase {
  return overlap === "next" ? "prepared" : overlap ? "published" : "steady";
}

/** Pods accept generation n+1; n signs on. */
export function prepared({ generation, rotatedOn }: SecretSetting): SecretSetting {
  return { generation, rotatedOn, overlap: "next" };
}

/** Generation n+1 signs; n is accepted. */
export function published({ generation, rotatedOn }: SecretSetting, today: string): SecretSetting {
  return { generation: generation + 1, rotatedOn: today, overlap: true, previousRotatedOn: rotatedOn };
}

/** The only generation is the current one. */
export function steady({ generation, rotatedOn }: SecretSetting): SecretSetting {
  return { generation, rotatedOn, overlap: false };
}

/** Generation n−1 signs again; n is accepted. @throws Error when nobody knows since when n−1 had been current */
export function wentBack(name: SecretName, { generation, previousRotatedOn }: SecretSetting): SecretSetting {
  if (previousRotatedOn === undefined)
    throw new Error(
      `secrets.generations.${name}.previousRotatedOn is missing: the day on which generation ${generation - 1} had become current. ` +
        `The file's history has it; put it there, and run this again.`,
    );
  return { generation: generation - 1, rotatedOn: previousRotatedOn, overlap: "next" };
}

/** A generation that never existed, alone. */
export function replaced({ generation, overlap }: SecretSetting, today: string): SecretSetting {
  return { generation: generation + (overlap === "next" ? 2 : 1), rotatedOn: today, overlap: false };
}
