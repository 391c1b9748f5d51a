import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { servingContainers } from "../server";

/** Registry, repository of this project, and what never changes: the commit that it was built from, or the image's digest. */
const NAMED_BY_COMMIT =
  /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?\/([a-z0-9._-]+\/)*maestroverse\/[a-z0-9._-]+(:[0-9a-f]{7,40}|(:[0-9a-f]{7,40})?@sha256:[0-9a-f]{64})$/;

/** Every image of this project is in a registry and named by the commit that it was built from; the server is deployed. */
export const enforceImageSource: StackRule = {
  name: "image-enforce-source",
  description: "Every image is in a registry's maestroverse repository, named by a git SHA or a digest, and one of them serves requests.",
  severity: "high",
  checklist: ["RB-1.1"],
  remediationSteps: "Build and push the image under its git short SHA (runbook §1, step 1), and set `image` in the stack's settings.",
  page: "runbook/1-https.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    for (const workload of stack.ofType(...POD_TYPES))
      for (const { container, path } of podTemplate(workload).containers) {
        const found = text(container, "image");
        if (found === undefined || !NAMED_BY_COMMIT.test(found))
          report(workload, { field: `${path}.image`, found, fix: "Name it <registry>/maestroverse/<name>:<git SHA>, or by its digest." });
      }
    if (servingContainers(stack).length === 0)
      report(undefined, { field: "containers of maestroverse/server that serve", found: undefined, fix: "Deploy the server." });
  },
};
