/** Holds what the program grants a role to what it may have: no more, and no less. */
import { at, list, text } from "../lib/read";
import type { Problem, Resource, StackView } from "../lib/rule";
import { DEFAULT_PRIVILEGES, GRANT } from "./runbook";

/** Everything that gives or takes privileges. */
export const PRIVILEGE_TYPES = [GRANT, DEFAULT_PRIVILEGES];

/** What a role has to be given: on what exists, or on what the migrator will create. */
export interface Entitlement {
  readonly type: typeof GRANT | typeof DEFAULT_PRIVILEGES;
  readonly objectType: string;
  readonly privileges: readonly string[];
}

/** What is wrong, and where. */
export interface Deviation {
  readonly resource: Resource | undefined;
  readonly problem: Problem;
}

/** Whatever the program gives a role. */
export const privilegesOf = (stack: StackView, role: string) =>
  stack.ofType(...PRIVILEGE_TYPES).filter(({ properties }) => text(properties, "role")?.toLowerCase() === role);

/** Privileges beyond a role's entitlements. */
export function excessOf(stack: StackView, role: string, entitlements: readonly Entitlement[]): Deviation[] {
  return privilegesOf(stack, role).flatMap((resource) => {
    const allowed = entitlements.filter((each) => each.objectType === objectType(resource)).flatMap((each) => each.privileges);
    const found = privileges(resource).filter((privilege) => !allowed.includes(privilege));
    const fix = `Leave ${role} ${[...new Set(allowed)].join(", ") || "nothing"} on a ${objectType(resource)}.`;
    const mayGrant = at(resource.properties, "withGrantOption");
    return [
      ...(found.length === 0 ? [] : [{ resource, problem: { field: "privileges", found: found.join(", "), fix } }]),
      ...(mayGrant === undefined || mayGrant === false
        ? []
        : [{ resource, problem: { field: "withGrantOption", found: mayGrant, fix: `Remove it: ${role} gives nothing to others.` } }]),
    ];
  });
}

/** Entitlements that a role was not given; one without privileges is a grant that says that none is left. */
export function lackOf(stack: StackView, role: string, entitlements: readonly Entitlement[]): Deviation[] {
  return entitlements.flatMap(({ type, objectType: on, privileges: wanted }) => {
    const given = privilegesOf(stack, role).filter(
      (each) =>
        each.type === type &&
        objectType(each) === on &&
        list(each.properties, "objects").length === 0 &&
        (text(each.properties, "schema") ?? "public") === "public",
    );
    const missing = wanted.filter((privilege) => !given.some((each) => privileges(each).includes(privilege)));
    if (given.length > 0 && missing.length === 0) return [];
    const [resource] = given;
    const field = `${type === GRANT ? "grants" : "default privileges"} of ${role} on a ${on}`;
    const fix = missing.length === 0 ? `Revoke everything from ${role} on it.` : `Give ${role} ${missing.join(", ")}.`;
    return [{ resource, problem: { field, found: resource && privileges(resource).join(", "), fix } }];
  });
}

const privileges = ({ properties }: Resource) => list(properties, "privileges").map((each) => String(each).toUpperCase());
const objectType = ({ properties }: Resource) => text(properties, "objectType");
