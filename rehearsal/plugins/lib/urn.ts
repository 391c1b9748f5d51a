/** Names inside a URN: `urn:pulumi:<stack>::<project>::<parent type>$<type>::<name>`. */

/** The stack of a resource. */
export function stackOf(urn: string): string {
  return (urn.split("::")[0] ?? "").replace(/^urn:pulumi:/, "");
}

/** The type token of a resource, without its parents' types. */
export function typeOf(urn: string): string {
  return (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
}

/** The logical name of a resource. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
