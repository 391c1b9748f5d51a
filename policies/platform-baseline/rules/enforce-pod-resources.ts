import { bytesOf } from "../../../components/lib/quantity";
import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** No limit of the CPU is asked for: it is shared by request, and a limit only slows down. */
const REQUIRED = [
  ["requests", "cpu"],
  ["requests", "memory"],
  ["limits", "memory"],
  ["limits", "ephemeral-storage"],
] as const;
/** A quantity above 0. */
const QUANTITY = /^(?=.*[1-9])\d+(\.\d+)?(m|[kMGT]i?|Ki)?$/;

/** Every container requests CPU and memory, and its memory and its temporary files have a limit. */
export const enforcePodResources: ResourceRule = {
  name: "pod-enforce-resources",
  description: "Every container requests CPU and memory, and its memory and its temporary files have a limit.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set resources.requests and resources.limits: what has no limit takes the node down with it.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    for (const { kind, path, container } of podTemplate(resource).containers) {
      // They share what the pod has; the API server refuses resources of their own.
      if (kind === "ephemeralContainers") continue;
      for (const keys of REQUIRED) {
        const found = at(container, "resources", ...keys);
        if (!QUANTITY.test(String(found))) report({ field: [path, "resources", ...keys].join("."), found, fix: "Set a quantity above 0." });
      }
      const [request, limit] = ["requests", "limits"].map((part) => bytesOf(at(container, "resources", part, "memory")));
      if (request !== undefined && limit !== undefined && request > limit)
        report({ field: `${path}.resources.requests.memory`, found: request, fix: `Request no more than the limit, ${limit} bytes.` });
    }
  },
};
