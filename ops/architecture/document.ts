/** docs/architecture.md: a picture of what a stack deploys, from what the program registers. */
import type { Settings } from "../../config";
import type { Registered } from "./registered";

/** Components of the program, by class: section of the runbook, and what they are for. */
const COMPONENTS: Readonly<Record<string, { readonly page?: string; readonly does: string }>> = {
  HardenedNamespace: { does: "namespace, nothing in or out but what is allowed" },
  WebService: { page: "1-https", does: "pods behind HTTPS, migrations before them" },
  DatabaseRoles: { page: "2-database", does: "three roles, least privilege" },
  AppSecrets: { page: "3-secrets", does: "secrets by generation" },
  Edge: { page: "4-edge", does: "rate limit, headers, WAF" },
  Backups: { page: "5-backups", does: "nightly dump, copy in a second region" },
  Observability: { page: "6-observability", does: "monitors, objectives, on-call" },
};

/** Systems that resources are made in, by the package of their provider; `random` makes values in the state alone. */
const SYSTEMS: Readonly<Record<string, string>> = { kubernetes: "Kubernetes", aws: "AWS", postgresql: "PostgreSQL", datadog: "Datadog" };

interface Component {
  readonly name: string;
  readonly className: string;
  readonly resources: readonly Registered[];
}

/** The document. */
export function renderArchitecture({ environment }: Pick<Settings, "environment">, resources: readonly Registered[]): string {
  const components = componentsOf(resources);
  const total = components.reduce((sum, { resources: own }) => sum + own.length, 0);
  return `# Architecture

<!-- Made from what the program registers by \`npm run -s ops -- render architecture > docs/architecture.md\`; a test holds it to that. -->

What \`program.ts\` deploys as stack ${environment}: ${components.length} components with ${total} resources. An arrow between components: what one makes, the other
needs. A dotted arrow: how many resources it makes in that system.

\`\`\`mermaid
${picture(components)}
\`\`\`

## Which resources

| component | runbook | resources |
| --- | --- | --- |
${components.map(row).join("\n")}

Why it is so: [the decisions](adr/README.md). What each folder is for: [README](../README.md#where-things-are).
`;
}

/** Components at the top, in the runbook's order; what nested ones make counts as theirs. */
function componentsOf(resources: readonly Registered[]): Component[] {
  const order = Object.keys(COMPONENTS);
  const tops = resources.filter(({ type, parent }) => type.startsWith("maestroverse:") && parent === undefined);
  const parents = new Map(resources.filter(({ type }) => type.startsWith("maestroverse:")).map(({ name, parent }) => [name, parent]));
  const topOf = (name: string): string => {
    const parent = parents.get(name);
    return parent === undefined ? name : topOf(parent);
  };
  return tops
    .map(({ name, type }) => ({
      name,
      className: type.slice(type.lastIndexOf(":") + 1),
      resources: resources.filter(
        (each) => !each.type.startsWith("maestroverse:") && each.parent !== undefined && topOf(each.parent) === name,
      ),
    }))
    .sort((a, b) => order.indexOf(a.className) - order.indexOf(b.className) || a.name.localeCompare(b.name, "en"));
}

function picture(components: readonly Component[]): string {
  const owner = new Map(
    components.flatMap(({ name, resources }) => [[name, name] as const, ...resources.map((each) => [each.name, name] as const)]),
  );
  const nodes = components.map(
    ({ name, className }) => `    ${idOf(name)}["<b>${className}</b><br/>${name}<br/>${COMPONENTS[className]?.does ?? ""}"]`,
  );
  const arrows = components.flatMap(({ name, resources }) => {
    const others = new Set(resources.flatMap(({ needs }) => needs.map((need) => owner.get(need))));
    return [...others]
      .filter((other) => other !== undefined && other !== name)
      .sort()
      .map((other) => `  ${idOf(other ?? "")} --> ${idOf(name)}`);
  });
  const makes = components.flatMap(({ name, resources }) =>
    Object.entries(SYSTEMS).flatMap(([system, _]) => {
      const count = resources.filter(({ type }) => type.startsWith(`${system}:`)).length;
      return count === 0 ? [] : [`  ${idOf(name)} -.->|${count}| ${system}`];
    }),
  );
  return [
    "flowchart LR",
    "  subgraph program[This program]",
    ...nodes,
    "  end",
    ...Object.entries(SYSTEMS).map(([system, title]) => `  ${system}[("${title}")]`),
    ...arrows,
    ...makes,
  ].join("\n");
}

/** A name as Mermaid takes one. */
const idOf = (name: string) => name.replaceAll("-", "_");

function row({ name, className, resources }: Component): string {
  const kinds = new Map<string, number>();
  for (const { type } of resources) kinds.set(kindOf(type), (kinds.get(kindOf(type)) ?? 0) + 1);
  const page = COMPONENTS[className]?.page;
  const list = [...kinds.entries()]
    .sort(([a], [b]) => a.localeCompare(b, "en"))
    .map(([kind, count]) => (count === 1 ? kind : `${count} × ${kind}`));
  return `| ${className} \`${name}\` | ${page === undefined ? "all of them" : `[§${page[0]}](runbook/${page}.md)`} | ${list.join(", ")} |`;
}

/** `kubernetes:apps/v1:Deployment` → `kubernetes Deployment`. */
const kindOf = (type: string) => `${type.split(":")[0]} ${type.slice(type.lastIndexOf(":") + 1)}`;
