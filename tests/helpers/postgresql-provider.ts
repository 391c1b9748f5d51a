/**
 * The stand-in for the PostgreSQL plugin without an engine: makes the resources that a component registered with mocks on a real server.
 *
 * It proves what the stand-in's statements do there, which follow the official provider's source. It does not prove that the official
 * provider sends just these.
 */
import { diffInputs } from "../../rehearsal/plugins/lib/diff";
import { EngineLog } from "../../rehearsal/plugins/lib/engine-log";
import { Redactor } from "../../rehearsal/plugins/lib/redactor";
import { type MarkedState, Resources } from "../../rehearsal/plugins/lib/resources";
import { postgresql } from "../../rehearsal/plugins/postgresql";
import { type RecordedResource, reveal } from "./mocks";

/** Stack to register the resources in: the only one that a stand-in works for. */
export const STACK = "rehearsal";

/** Whether a resource is one of the provider's. */
export function isPostgresql({ type }: RecordedResource): boolean {
  return type in postgresql.resources;
}

/** The provider, and what it made. */
export class PostgresqlProvider {
  private readonly resources = new Resources(postgresql, new EngineLog(new Redactor()));
  private readonly made: (MarkedState & { readonly urn: string; readonly name: string })[] = [];

  /** @param settings the provider's settings, as the SDK sends them */
  constructor(settings: Readonly<Record<string, string>>) {
    this.resources.configure(settings);
  }

  /** Creates a resource as `up` does. @throws Error when its inputs are refused, or the server refuses it */
  async create({ urn, name, inputs }: RecordedResource): Promise<void> {
    const checked = this.resources.check(urn, undefined, reveal(inputs), new Uint8Array());
    if (checked.failures.length > 0) throw new Error(`${name}: ${JSON.stringify(checked.failures)}`);
    const state = await this.resources.create({ urn, timeoutSeconds: 0 }, checked.inputs);
    this.made.push({ ...state, inputs: checked.inputs, urn, name });
  }

  /** Updates what is there, or creates it, as `up` does. */
  async bring(resource: RecordedResource): Promise<void> {
    const { urn, name, inputs } = resource;
    const index = this.made.findIndex((each) => each.name === name);
    const old = this.made[index];
    if (old === undefined) return this.create(resource);
    const checked = this.resources.check(urn, old.inputs, reveal(inputs), new Uint8Array());
    const { entries } = this.resources.diff(urn, old.inputs, old.outputs, checked.inputs);
    if (entries.length === 0) return;
    if (entries.some(({ replace }) => replace)) throw new Error(`${name} would be replaced`);
    const state = await this.resources.update({ urn, timeoutSeconds: 0 }, old.id, old.outputs, old.inputs, checked.inputs);
    this.made[index] = { ...state, inputs: checked.inputs, urn, name };
  }

  /** Deletes what a program does not have any more, as the end of `up` does. @returns their names */
  async prune(program: readonly RecordedResource[]): Promise<string[]> {
    const gone = this.made.filter(({ name }) => !program.some((each) => each.name === name)).reverse();
    for (const each of gone) {
      await this.resources.delete({ urn: each.urn, timeoutSeconds: 0 }, each.id, each.outputs);
      this.made.splice(this.made.indexOf(each), 1);
    }
    return gone.map(({ name }) => name);
  }

  /** What a refresh finds changed: `name: path`, or `name: gone`. */
  async drift(): Promise<string[]> {
    const found: string[] = [];
    for (const { urn, name, id, outputs, inputs } of this.made) {
      const state = await this.resources.read({ urn, timeoutSeconds: 0 }, id, outputs, inputs);
      if (state === undefined) found.push(`${name}: gone`);
      else found.push(...diffInputs(reveal(inputs), reveal(state.inputs)).map(({ path }) => `${name}: ${path}`));
    }
    return found;
  }

  /** Deletes what it made and still has, the last first, but for resources with these names. @throws Error of the first that it cannot */
  async destroy(retained: readonly string[]): Promise<void> {
    for (let last = this.made.at(-1); last !== undefined; last = this.made.at(-1)) {
      const { urn, name, id, outputs } = last;
      if (!retained.includes(name)) await this.resources.delete({ urn, timeoutSeconds: 0 }, id, outputs);
      this.made.pop();
    }
  }

  /** Ends its connections. */
  close(): Promise<void> {
    return this.resources.cancel();
  }
}
