/** Values that are not known yet at preview. */

/** What the engine sends in the place of such a value, by its kind: fixed texts of Pulumi's protocol. */
const KINDS: ReadonlyMap<unknown, string> = new Map([
  ["1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", "boolean"],
  ["3eeb2bf0-c639-47a8-9e75-3b44932eb421", "number"],
  ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", "string"],
  ["6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", "Array"],
  ["030794c1-ac77-496b-92df-f27374a8bd58", "asset"],
  ["e48ece36-62e2-4504-bad9-02848725956a", "archive"],
  ["dd056dcd-154b-4c76-9bd3-c8f88648b5ff", "Object"],
]);

/** Whether a value stands for one that is not known. */
export const isUnknown = (value: unknown): boolean => KINDS.has(value);

/** A value that is not known yet was read. */
export class UnknownValueError extends Error {
  constructor(kind: string, path: string) {
    super(`${kind} value at ${path} can't be known during preview`);
    this.name = "UnknownValueError";
  }
}

/** The same properties; reading one that is not known, at any depth, throws. Whoever only asks which there are reads none. */
export function throwingUnknowns<T extends object>(properties: T, path = ""): T {
  return new Proxy(properties, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      const kind = KINDS.get(value);
      if (kind !== undefined) throw new UnknownValueError(kind, `${path}.${String(key)}`);
      return typeof value === "object" && value !== null ? throwingUnknowns(value, `${path}.${String(key)}`) : value;
    },
  });
}
