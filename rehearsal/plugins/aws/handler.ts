/** One handler for every resource type: what differs between types is an {@link AwsType}. */
import { createHash, randomBytes } from "node:crypto";

import {
  type CheckFailure,
  type DiffEntry,
  type HandlerContext,
  type Properties,
  type ResourceHandler,
  type ResourceState,
  UNKNOWN,
} from "../lib/contract";
import { diffInputs, sameValue, topLevelName } from "../lib/diff";
import { nameOf } from "../lib/urn";
import type { Aws, Region } from "./clients";
import { readDefaultTags } from "./settings";
import { type Block, optional, text } from "./shape";
import { isMadeBy, madeBy, programTags, type Tags, tagsIn } from "./tags";

/** What AWS says about a thing. */
export interface Found {
  /** The inputs as they are, in the program's spelling. */
  readonly live: Properties;
  /** Further outputs. */
  readonly computed?: Properties;
}

/** What an update works with. */
export interface Change {
  readonly news: Properties;
  /** The last known outputs. */
  readonly state: Properties;
  /** Whether one of these inputs changes. */
  changes(...names: readonly string[]): boolean;
}

/** A change of tags. */
export interface TagChange {
  /** Every tag that the thing is to have. */
  readonly all: Tags;
  readonly removed: readonly string[];
}

/** One resource type. */
export interface AwsType {
  readonly inputs: Block;
  /** Inputs that say which thing is meant: their change replaces, and of two with the same the old one goes first. */
  readonly identity: readonly string[];
  /** Further inputs whose change replaces. */
  readonly replaces?: readonly string[];
  /** Names the thing when the program does not: the input, and what it becomes for a logical name. */
  readonly autoName?: { readonly input: string; readonly from: (name: string) => string };
  readonly secrets?: readonly string[];
  /** Rules between inputs, as `<path> must …`. Inputs may be unknown. */
  rules?(inputs: Properties): string[];
  /** @returns the id */
  create(region: Region, inputs: Properties): Promise<string>;
  /** Undefined when it is gone. `state` holds the last known outputs. */
  read(region: Region, id: string, state: Properties): Promise<Found | undefined>;
  /** Changes everything but the tags. Absent: every change but that of tags replaces. */
  update?(region: Region, id: string, change: Change): Promise<void>;
  tag?(region: Region, id: string, state: Properties, change: TagChange): Promise<void>;
  delete(region: Region, id: string, state: Properties): Promise<void>;
  /** A thing of that name, when `create` fails because there is one. */
  find?(region: Region, inputs: Properties): Promise<{ readonly id: string; readonly tags: Tags } | undefined>;
}

/** The input that every type has which lives in a region. */
export const REGION = { region: optional(text(), { computed: true }) };

type Context = HandlerContext<Aws>;

/** Inputs that the plugin chose, as the official plugin notes them. */
const CHOSEN = "__defaults";

/** The handler of a type. */
export function awsHandler(type: AwsType): ResourceHandler<Aws> {
  const { inputs: shape, identity, autoName } = type;
  const names = Object.keys(shape.fields);
  const [isTagged, isRegional] = ["tags" in shape.fields, "region" in shape.fields];
  const replaces = [...identity, ...(type.replaces ?? []), "region"];
  const canonical = (inputs: Properties) => shape.canonical(inputs) as Properties;
  const regionOf = ({ client }: Context, properties: Properties) => client.in(properties["region"]);

  const stateOf = (region: Region, id: string, { live, computed }: Found, declared: Properties) => {
    const found = { ...live, ...(isRegional && { region: region.name }), ...(isTagged && { tags: programTags(live["tags"]) }) };
    const inputs = { [CHOSEN]: declared[CHOSEN], ...shape.align(declared, found) };
    const outputs = { ...found, ...inputs, ...computed, ...(isTagged && { tagsAll: found.tags }) };
    return { id, inputs, outputs };
  };
  const readBack = async (region: Region, id: string, state: Properties, declared: Properties): Promise<ResourceState> => {
    const found = await type.read(region, id, state);
    if (found === undefined) throw new Error(`AWS does not find ${id}, which was just made or changed. Run again.`);
    const { outputs } = stateOf(region, id, found, declared);
    return { id, outputs };
  };
  const change = async ({ urn }: Context, region: Region, id: string, state: Properties, olds: Properties, news: Properties) => {
    const [before, after] = [canonical(olds), canonical(news)];
    const changes = (...inputs: readonly string[]) => inputs.some((name) => !sameValue(before[name], after[name]));
    if (changes(...names.filter((name) => name !== "tags"))) await type.update?.(region, id, { news, state, changes });
    if (!changes("tags")) return;
    const removed = Object.keys(tagsIn(olds)).filter((key) => !(key in tagsIn(news)));
    await type.tag?.(region, id, state, { all: { ...tagsIn(news), ...madeBy(urn) }, removed });
  };
  /** Goes on with what this very resource made in a run that was killed before the engine could record it; nobody else's is ever taken. */
  const adopt = async (context: Context, region: Region, inputs: Properties, problem: unknown): Promise<string> => {
    const existing = await type.find?.(region, inputs);
    if (existing === undefined || !isMadeBy(context.urn, existing.tags)) throw problem;
    const found = await type.read(region, existing.id, inputs);
    if (found === undefined) throw problem;
    context.log("goes on with what an interrupted run left", "warning");
    const left = stateOf(region, existing.id, found, inputs);
    await change(context, region, existing.id, left.outputs, left.inputs, inputs);
    return existing.id;
  };

  return {
    inputs: names,
    required: names.filter((name) => shape.fields[name]?.required),
    ...(type.secrets !== undefined && { secrets: type.secrets }),
    check(olds, news, urn, randomSeed, settings) {
      const problems = shape.check(news, "");
      const failures = (problems.length > 0 ? problems : (type.rules?.(news) ?? [])).map(toFailure);
      const named = autoName === undefined ? { ...news } : withName(autoName, olds, news, urn, randomSeed);
      // As the official plugin does: a policy sees the tags that AWS will.
      const tags = news["tags"] === UNKNOWN ? UNKNOWN : { ...readDefaultTags(settings), ...tagsIn(news) };
      return { inputs: isTagged ? { ...named, tags } : named, failures };
    },
    diff(oldInputs, { region }, newInputs) {
      const entries = new Map<string, DiffEntry>();
      // To say which region a thing is in already is no change.
      const olds = { region, ...oldInputs };
      for (const { path, kind, replace } of diffInputs(canonical(olds), canonical(newInputs), replaces)) {
        const name = topLevelName(path);
        if (shape.fields[name]?.computed === true && newInputs[name] === undefined) continue;
        // Of a list whose order means nothing an index says nothing: the list as a whole differs.
        const [whole = path] = path.split(/\[\d/);
        const inPlace = name === "tags" || type.update !== undefined;
        entries.set(whole, { path: whole, kind: whole === path ? kind : "update", replace: replace || !inPlace });
      }
      return [...entries.values()];
    },
    deleteBeforeReplace: (olds, news) =>
      identity.length > 0 && news[CHOSEN] === undefined && identity.every((name) => sameValue(olds[name], news[name])),

    async create(context, inputs) {
      const region = regionOf(context, inputs);
      const marked = isTagged ? { ...inputs, tags: { ...tagsIn(inputs), ...madeBy(context.urn) } } : inputs;
      const id = await type.create(region, marked).catch((error: unknown) => adopt(context, region, inputs, error));
      return readBack(region, id, inputs, inputs);
    },
    async read(context, id, state, inputs) {
      const region = regionOf(context, state);
      const found = await type.read(region, id, state);
      return found === undefined ? undefined : stateOf(region, id, found, inputs);
    },
    async update(context, id, oldOutputs, oldInputs, newInputs) {
      const region = regionOf(context, oldOutputs);
      await change(context, region, id, oldOutputs, oldInputs, newInputs);
      return readBack(region, id, oldOutputs, newInputs);
    },
    delete: (context, id, state) => type.delete(regionOf(context, state), id, state),
  };
}

/** A problem is `<path> must …`. */
function toFailure(problem: string): CheckFailure {
  return { property: topLevelName(problem.split(" ")[0] ?? ""), reason: problem };
}

/** The inputs with a name: the program's, else the one chosen before, else the logical name and seven random hexadecimal digits. */
function withName(
  { input, from }: NonNullable<AwsType["autoName"]>,
  olds: Properties | undefined,
  news: Properties,
  urn: string,
  randomSeed: Uint8Array,
): Properties {
  if (news[input] !== undefined) return { ...news };
  const kept = olds?.[CHOSEN] === undefined ? undefined : olds[input];
  const seed = randomSeed.length > 0 ? randomSeed : randomBytes(32);
  const suffix = createHash("sha256").update(seed).update(urn).digest("hex").slice(0, 7);
  return { ...news, [input]: kept ?? from(`${nameOf(urn)}-${suffix}`), [CHOSEN]: [input] };
}
