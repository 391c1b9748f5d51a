/** `ops render`: what the program configures, as text for those who do it without Pulumi. From the same specification, and without a secret. */
import { stringify } from "yaml";
import { EDGE_SERVICE } from "../components/lib/alerts";
import { logCollection } from "../components/lib/log-scrubbing";
import { buildNginxConfig } from "../components/lib/nginx-config";
import { HEALTH_PATH } from "../components/lib/web-pod";
import type { Settings } from "../config";
import { readStackSettings } from "./access";
import { renderArchitecture } from "./architecture/document";
import { renderBackupProgram } from "./backup-program";
import { renderBackupScript } from "./backup-script";
import { renderDatabaseRoles } from "./database/script";
import { renderOnCall } from "./on-call-document";
import { renderPolicies } from "./policy-document";
import { renderTraceability } from "./traceability-document";

/** Something that can be rendered. */
export interface Renderer {
  /** As the command line has it. */
  readonly name: string;
  readonly description: string;
  render(settings: Settings): string | Promise<string>;
}

/** Everything that can be rendered. */
export const RENDERERS: readonly Renderer[] = [
  {
    name: "architecture",
    description: "docs/architecture.md: a picture of the components, and which resources each makes",
    render: async (settings) => {
      const { registeredResources } = await import("./architecture/registered.js");
      return renderArchitecture(settings, await registeredResources(settings));
    },
  },
  {
    name: "backup-program",
    description: "the nightly backup's program, one file for its image, ops/backup/Dockerfile (of every stack alike)",
    render: renderBackupProgram,
  },
  {
    name: "backup-script",
    description:
      "the nightly backup for a host without Kubernetes: program, crontab and environment, which it installs (runbook section 5)",
    render: renderBackupScript,
  },
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
    name: "log-collection",
    description: "what Datadog's agent beside an external nginx reads, and blots out (runbook section 6)",
    render: () => stringify({ logs: logCollection("/var/log/nginx", EDGE_SERVICE, "nginx") }, { lineWidth: 0 }),
  },
  {
    name: "on-call",
    description: "docs/on-call.md: rotation, ladder, what pages, links (runbook section 6)",
    render: renderOnCall,
  },
  {
    name: "policies",
    description: "docs/policies.md: what gates a deployment (of every stack alike)",
    render: renderPolicies,
  },
  {
    name: "traceability",
    description: "docs/traceability.md: every line of the checklist with its policies, probes, monitors and page (of every stack alike)",
    render: renderTraceability,
  },
];

/** Renders for a stack. @param settingsFile @default `Pulumi.<stack>.yaml` of this repository @throws Error when there is no such renderer or stack */
export async function render(name: string, stack: string, settingsFile?: string): Promise<string> {
  const renderer = RENDERERS.find((each) => each.name === name);
  if (renderer === undefined) throw new Error(`nothing is called ${name}. Render one of ${RENDERERS.map((each) => each.name).join(", ")}.`);
  return renderer.render(await readStackSettings(stack, settingsFile));
}
