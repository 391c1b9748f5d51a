/** `ops render`: what the program configures, as text for those who do it without Pulumi. From the same specification, and without a secret. */
import { buildNginxConfig } from "../components/lib/nginx-config";
import { HEALTH_PATH } from "../components/lib/web-pod";
import type { Settings } from "../config";
import { readStackSettings } from "./access";
import { renderDatabaseRoles } from "./database/script";
import { renderPolicies } from "./policy-document";

/** Something that can be rendered. */
export interface Renderer {
  /** As the command line has it. */
  readonly name: string;
  readonly description: string;
  render(settings: Settings): string;
}

/** Everything that can be rendered. */
export const RENDERERS: readonly Renderer[] = [
  {
    name: "database-roles",
    description: "the three roles and their privileges, as SQL for psql (runbook section 2)",
    render: renderDatabaseRoles,
  },
  {
    name: "edge",
    description: "nginx.conf of an external nginx (runbook section 4)",
    render: ({ edge, hosts }) => buildNginxConfig({ ...edge, apiHost: hosts.api, healthPath: HEALTH_PATH }),
  },
  {
    name: "policies",
    description: "docs/policies.md: what gates a deployment (of every stack alike)",
    render: renderPolicies,
  },
];

/** Renders for a stack. @throws Error when there is no such renderer or stack */
export async function render(name: string, stack: string): Promise<string> {
  const renderer = RENDERERS.find((each) => each.name === name);
  if (renderer === undefined) throw new Error(`nothing is called ${name}. Render one of ${RENDERERS.map((each) => each.name).join(", ")}.`);
  return renderer.render(await readStackSettings(stack));
}
