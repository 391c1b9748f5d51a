/** The catalogue against what is specified (components/lib/privileges.ts): every difference, and the SQL that mends it. */
import { escapeIdentifier } from "pg";
import { type ConnectionDemand, connectionLimits } from "../../components/lib/database-limits";
import { HANDOVER_ROLE } from "../../components/lib/database-handover";
import { ROLE_ATTRIBUTES, type RoleSettings, specifiedRoles } from "../../components/lib/database-role-spec";
import { IMPLICIT_PRIVILEGES, MIGRATIONS_TABLE, PRIVILEGE_STEPS, PUBLIC, ROLE_NAMES, SCHEMA } from "../../components/lib/privileges";
import type { Catalogue, CatalogueObject, CataloguePrivilege, DefaultPrivilege, Membership, ObjectKind } from "./catalogue";

/** One difference. */
export interface Finding {
  /** For people: what it is about, and what is wrong. */
  readonly problem: string;
  /** In order. */
  readonly repair: readonly Repair[];
}

/** A statement that mends something. */
export interface Repair {
  /** For psql; a comment where no statement can say it. */
  readonly sql: string;
  /** Role to run it as: a grant is taken back by who made it. Absent: the administrator. */
  readonly as?: string;
}

/** Every difference between the catalogue and the specification, roles first. */
export function compareCatalogue(catalogue: Catalogue, demand: ConnectionDemand & RoleSettings): Finding[] {
  return [
    ...compareRoles(catalogue, demand),
    ...compareMemberships(catalogue, demand),
    ...compareOwners(catalogue),
    ...comparePrivileges(catalogue),
    ...compareDefaults(catalogue),
    ...catalogue.elsewhere.map(({ role, how, what }) => ({
      problem: `${role} ${how} ${what}, which is not specified`,
      repair: [{ sql: `-- Take ${what} away from ${role}, by REVOKE, ALTER … OWNER TO, or DROP.` }],
    })),
    ...catalogue.systemGrants.map(({ kind, name, privilege }) => ({
      problem: `${PUBLIC_WORD} holds ${privilege} on PostgreSQL's own ${name}`,
      repair: [{ sql: `REVOKE ${privilege} ON ${kind} ${name} FROM ${PUBLIC_WORD};` }],
    })),
    // Last: what it has is taken from it before.
    ...findLeftover(catalogue, demand),
  ];
}

const PUBLIC_WORD = PUBLIC.toUpperCase();
const OURS: readonly string[] = Object.values(ROLE_NAMES);
const MIGRATOR = ROLE_NAMES.migrator;

/** A role as SQL has it. */
function grantee(name: string): string {
  if (name === PUBLIC) return PUBLIC_WORD;
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : escapeIdentifier(name);
}

function compareRoles({ roles }: Catalogue, demand: ConnectionDemand & RoleSettings): Finding[] {
  const limits = connectionLimits(demand);
  return specifiedRoles(demand).flatMap(({ key, name, parameters }) => {
    const found = roles.find((role) => role.name === name);
    if (found === undefined)
      return [{ problem: `role ${name} does not exist`, repair: [{ sql: "-- Run pulumi up: it makes the role and its password." }] }];
    const wanted = Object.entries<string>({ ...parameters });
    const alter = (clause: string) => [{ sql: `ALTER ROLE ${name} ${clause};` }];
    return [
      ...ROLE_ATTRIBUTES.filter(({ column, value }) => found.attributes[column] !== value).map(({ keyword, value }) => ({
        problem: `role ${name} is ${value ? "not " : ""}${keyword}`,
        repair: alter(value ? keyword : `NO${keyword}`),
      })),
      ...(found.connectionLimit === limits[key]
        ? []
        : [
            {
              problem: `role ${name} has connection limit ${found.connectionLimit}, specified is ${limits[key]}`,
              repair: alter(`CONNECTION LIMIT ${limits[key]}`),
            },
          ]),
      ...(found.validUntil === null
        ? []
        : [{ problem: `role ${name} may log in until ${found.validUntil} only`, repair: alter("VALID UNTIL 'infinity'") }]),
      ...wanted
        .filter(
          ([parameter, value]) =>
            !found.parameters.some((each) => each.database === null && each.name === parameter && each.value === value),
        )
        .map(([parameter, value]) => ({
          problem: `role ${name} does not start with ${parameter} = ${value}`,
          repair: alter(`SET ${parameter} TO ${value}`),
        })),
      ...found.parameters
        .filter(({ database, name: parameter }) => database !== null || !wanted.some(([each]) => each === parameter))
        .map(({ database, name: parameter, value }) => ({
          problem: `role ${name} starts with ${parameter} = ${value}${database === null ? "" : ` in database ${database}`}, which is not specified`,
          repair: alter(`${database === null ? "" : `IN DATABASE ${escapeIdentifier(database)} `}RESET ${parameter}`),
        })),
    ];
  });
}

/**
 * None is specified but the handover's. From PostgreSQL 16 on whoever creates a role without being a superuser may grant it, which is no use of its
 * rights.
 */
function compareMemberships({ memberships, administrator, roles }: Catalogue, settings: RoleSettings): Finding[] {
  const specified = specifiedRoles(settings).flatMap(({ name, memberOf }) =>
    memberOf === undefined ? [] : [{ member: name, role: memberOf }],
  );
  const isSpecified = ({ role, member, admin }: Membership) =>
    !admin && specified.some((each) => each.role === role && each.member === member);
  const extra = memberships.filter((each) => (each.effective || ![...OURS, HANDOVER_ROLE].includes(each.role)) && !isSpecified(each));
  const missing = specified.filter(
    ({ role, member }) =>
      roles.some(({ name }) => name === member) &&
      !memberships.some((each) => each.role === role && each.member === member && each.effective && !each.admin),
  );
  return [
    ...extra.map(({ role, member, grantor, admin }) => ({
      problem: `${member} is a member of ${role}${admin ? " and may grant it on" : ""}`,
      // A superuser's grant only a superuser can take back.
      repair: [
        { sql: `REVOKE ${grantee(role)} FROM ${grantee(member)}${grantor === administrator ? "" : ` GRANTED BY ${grantee(grantor)}`};` },
      ],
    })),
    ...missing.map(({ role, member }) => ({
      problem: `${member} is no member of ${role}`,
      repair: [{ sql: `GRANT ${role} TO ${member};` }],
    })),
  ];
}

/** The other login of a handover that is over. */
function findLeftover({ roles }: Catalogue, settings: RoleSettings): Finding[] {
  const isSpecified = specifiedRoles(settings).some(({ name }) => name === HANDOVER_ROLE);
  if (isSpecified || !roles.some(({ name }) => name === HANDOVER_ROLE)) return [];
  return [{ problem: `role ${HANDOVER_ROLE} exists, and no password is handed over`, repair: [{ sql: `DROP ROLE ${HANDOVER_ROLE};` }] }];
}

function compareOwners({ objects, administrator }: Catalogue): Finding[] {
  return (
    objects
      .filter((object) => !isOwnedRight(object))
      // A column's sequence follows its table: what it grants comes after.
      .sort((a, b) => Number(a.follows) - Number(b.follows))
      .map((object) => {
        const { kind, name, alter, follows, owner } = object;
        const wanted = kind === "DATABASE" ? administrator : MIGRATOR;
        const others = [PUBLIC, ...OURS].filter((role) => role !== wanted).map(grantee);
        return {
          problem: `${owner} owns ${describe(object)}, specified is ${wanted}`,
          repair: [
            ...(follows ? [] : [{ sql: `ALTER ${alter} ${name} OWNER TO ${grantee(wanted)};` }]),
            // What the new owner grants replaces all that the old one did.
            ...onObject({ ...object, owner: wanted }, administrator, [
              `REVOKE ALL ON ${kind} ${name} FROM ${others.join(", ")};`,
              ...specified(object).map(({ role, privileges }) => `GRANT ${privileges.join(", ")} ON ${kind} ${name} TO ${grantee(role)};`),
            ]),
          ],
        };
      })
  );
}

/** Statements about what an object grants, as its owner. */
function onObject({ owner }: Pick<CatalogueObject, "owner">, administrator: string, statements: readonly string[]): Repair[] {
  return statements.map((sql) => (owner === administrator ? { sql } : { sql, as: owner }));
}

/** Everything in our schema is the migrator's; the database is the administrator's, or that of somebody like them. */
function isOwnedRight({ kind, name, owner }: CatalogueObject): boolean {
  if (kind === "DATABASE") return !OURS.includes(owner);
  return (kind === "SCHEMA" && name !== SCHEMA) || owner === MIGRATOR;
}

/** Words of GRANT for the specification's object types. */
const KINDS: Readonly<Record<string, ObjectKind>> = {
  database: "DATABASE",
  schema: "SCHEMA",
  table: "TABLE",
  sequence: "SEQUENCE",
  function: "ROUTINE",
  type: "TYPE",
};

/** Who holds what on an object, its owner left out. */
function specified({ kind, name }: Pick<CatalogueObject, "kind" | "name">): { role: string; privileges: readonly string[] }[] {
  if (kind === "SCHEMA" && name !== SCHEMA) return [];
  const isMigrationsTable = name === `${SCHEMA}.${MIGRATIONS_TABLE}`;
  const byRole = new Map<string, readonly string[]>();
  for (const { objectType, role, privileges } of [...IMPLICIT_PRIVILEGES, ...PRIVILEGE_STEPS])
    if (KINDS[objectType] === kind && privileges.length > 0 && !(isMigrationsTable && role === ROLE_NAMES.app))
      byRole.set(role, privileges);
  return [...byRole].map(([role, privileges]) => ({ role, privileges }));
}

function comparePrivileges({ objects, privileges, administrator }: Catalogue): Finding[] {
  const findings: Finding[] = [];
  // What is not the migrator's gets its privileges with its owner.
  for (const object of objects.filter(isOwnedRight)) {
    const held = privileges.filter(({ kind, name }) => kind === object.kind && name === object.name);
    const wanted = specified(object);
    const isWanted = ({ grantee: role, privilege, column, grantable }: CataloguePrivilege) =>
      column === null && !grantable && wanted.some((each) => each.role === role && each.privileges.includes(privilege));
    const extra = groupBy(
      held.filter((each) => !isWanted(each)),
      ({ grantee: role, grantor, column }) => [role, grantor, column].join(" "),
    );
    for (const group of extra.values()) findings.push(extraPrivileges(object, administrator, group));
    for (const { role, privileges: specifiedPrivileges } of wanted) {
      const missing = specifiedPrivileges.filter(
        (privilege) => !held.some((each) => each.grantee === role && each.privilege === privilege && each.column === null),
      );
      if (missing.length > 0)
        findings.push({
          problem: `${grantee(role)} lacks ${missing.join(", ")} on ${describe(object)}`,
          repair: onObject(object, administrator, [`GRANT ${missing.join(", ")} ON ${object.kind} ${object.name} TO ${grantee(role)};`]),
        });
    }
  }
  return findings;
}

/** Privileges that one grantor gave one grantee on one object. */
function extraPrivileges(object: CatalogueObject, administrator: string, extra: readonly CataloguePrivilege[]): Finding {
  const [{ grantee: role, grantor, column } = extra[0]] = extra;
  const names = extra.map(({ privilege }) => (column === null ? privilege : `${privilege} (${column})`)).join(", ");
  const onward = extra.some(({ grantable }) => grantable);
  const wanted = specified(object).find((each) => each.role === role)?.privileges ?? [];
  // A right that may be granted on goes with what was granted by it, and comes back without.
  const again = extra.filter(({ privilege, grantable }) => grantable && wanted.includes(privilege)).map(({ privilege }) => privilege);
  return {
    problem: `${grantee(role)} holds ${names} on ${describe(object)}${onward ? " and may grant it on" : ""}, which is not specified`,
    repair: onObject({ owner: grantor }, administrator, [
      `REVOKE ${names} ON ${object.kind} ${object.name} FROM ${grantee(role)}${onward ? " CASCADE" : ""};`,
      ...(again.length === 0 ? [] : [`GRANT ${again.join(", ")} ON ${object.kind} ${object.name} TO ${grantee(role)};`]),
    ]),
  };
}

function compareDefaults({ defaults }: Catalogue): Finding[] {
  const wanted = [
    ...PRIVILEGE_STEPS.filter(({ on }) => on === "future").flatMap((step) => defaultsOf(step)),
    ...IMPLICIT_PRIVILEGES.flatMap((step) => defaultsOf(step)),
  ];
  const same = (a: DefaultPrivilege, b: DefaultPrivilege) =>
    (["owner", "schema", "objects", "grantee", "privilege", "grantable"] as const).every((key) => a[key] === b[key]);
  const key = ({ owner, schema, objects, grantee: role, grantable }: DefaultPrivilege) =>
    [owner, schema, objects, role, grantable].join(" ");
  const extra = groupBy(
    defaults.filter((each) => !wanted.some((other) => same(each, other))),
    key,
  );
  const missing = groupBy(
    wanted.filter((each) => !defaults.some((other) => same(each, other))),
    key,
  );
  return [
    ...[...extra.values()].map((group) => ({
      problem: `default privileges: ${future(group)} ${inWords(group)} to ${toWhom(group)}, which is not specified`,
      repair: [{ sql: `${alterDefaults(group)} REVOKE ${inWords(group)} ON ${first(group).objects} FROM ${toWhom(group)};` }],
    })),
    ...[...missing.values()].map((group) => ({
      problem: `default privileges: ${future(group).replace("grant", "do not grant")} ${inWords(group)} to ${toWhom(group)}`,
      repair: [{ sql: `${alterDefaults(group)} GRANT ${inWords(group)} ON ${first(group).objects} TO ${toWhom(group)};` }],
    })),
  ];
}

function defaultsOf(step: { role: string; objectType: string; privileges: readonly string[]; schema?: string }): DefaultPrivilege[] {
  const common = {
    owner: MIGRATOR,
    schema: step.schema ?? null,
    objects: `${KINDS[step.objectType]}S`,
    grantee: step.role,
    grantable: false,
  };
  return step.privileges.map((privilege) => ({ ...common, privilege }));
}

const first = (group: readonly DefaultPrivilege[]) => group[0];
const inWords = (group: readonly DefaultPrivilege[]) => group.map(({ privilege }) => privilege).join(", ");
const toWhom = (group: readonly DefaultPrivilege[]) => grantee(first(group).grantee);
/** `TABLES that postgres creates in schema public grant`. */
function future(group: readonly DefaultPrivilege[]): string {
  const { owner, schema, objects } = first(group);
  return `${objects} that ${owner} creates ${schema === null ? "anywhere" : `in schema ${schema}`} grant`;
}
function alterDefaults(group: readonly DefaultPrivilege[]): string {
  const { owner, schema } = first(group);
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${grantee(owner)}${schema === null ? "" : ` IN SCHEMA ${schema}`}`;
}

function describe({ alter, name }: CatalogueObject): string {
  return `${alter.toLowerCase()} ${name}`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
