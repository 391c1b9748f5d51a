/** Where the policy packs are. Apart from what reads their findings: who only runs them need not load every rule. */
import { dirname, join } from "node:path";
import { PACK_NAMES, type PackName } from "../policies/lib/rule";
import { bundlePrograms } from "../toolchain/bundle";
import { REPOSITORY } from "../toolchain/versions";

/** The packs that every preview and `up` runs. */
export const POLICY_PACKS = PACK_NAMES.map((pack) => join(REPOSITORY, "policies", pack));

/** Compiles the packs, when their sources have changed. @returns the environment in which the engine starts the compiled ones */
export async function compiledPacks(): Promise<Readonly<Record<string, string>>> {
  const sources = ["policies", "components", "checklist.ts"].map((source) => join(REPOSITORY, source));
  const entries = Object.fromEntries(PACK_NAMES.map((pack, index) => [pack, join(POLICY_PACKS[index], "pack.ts")])) as Record<
    PackName,
    string
  >;
  const files = await bundlePrograms({ kind: "policy-packs", sources, entries });
  return { MAESTROVERSE_POLICY_PACKS: dirname(files[PACK_NAMES[0]]) };
}
