/** Runbook §1 and the autoscaler: pods, redirect, headers, logs. */
import { SERVER_NAME } from "../../../components/lib/web-pod";
import type { Mutation } from "../../helpers/broken/mutation";

const AUTOSCALER = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", name: SERVER_NAME };
const OTHER_IMAGE = "registry.example.com/maestroverse/server:0000000";
const REDIRECT_SEEN_TWICE = "the uptime test of the redirect asks the same as the probe, from outside: both are right";

export const webMutations: readonly Mutation[] = [
  {
    defect: "somebody has set another image, and the rollout waits",
    breaks: ({ cluster }) => cluster.setImage(OTHER_IMAGE),
    caughtBy: { pods: `the Deployment asks for ${OTHER_IMAGE}, not ` },
  },
  {
    defect: "a pod of another release serves beside the others",
    breaks: ({ cluster }) => cluster.strayPod({ image: OTHER_IMAGE }),
    caughtBy: { pods: `${SERVER_NAME}-stray runs ${OTHER_IMAGE}, not registry.example.com/maestroverse/server:4f2a91c` },
  },
  {
    defect: "a pod is gone, and no node takes another",
    breaks: ({ cluster }) => cluster.losePod(),
    caughtBy: { pods: "1 of 2 pods are available, 2 at least are wanted" },
  },
  {
    defect: "the autoscaler is gone",
    breaks: ({ cluster }) => cluster.remove(AUTOSCALER),
    caughtBy: { autoscaler: `HorizontalPodAutoscaler ${SERVER_NAME}: it is gone` },
  },
  {
    defect: "the autoscaler makes fewer pods than the settings allow",
    breaks: ({ cluster }) => cluster.patch(AUTOSCALER, { spec: { maxReplicas: 2 } }),
    caughtBy: { autoscaler: "maxReplicas is 2, not 3" },
  },
  {
    defect: "the autoscaler looks at the CPU alone",
    breaks: ({ cluster }) =>
      cluster.patch(AUTOSCALER, {
        spec: { metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }] },
      }),
    caughtBy: { autoscaler: "its percentage of memory is not set, not 75" },
  },
  {
    defect: "the edge redirects with 302",
    breaks: ({ edge }) => edge.edit(["return 301 https://", "return 302 https://"]),
    caughtBy: { "http-redirect": "answered 302 with Location https://", "uptime-conditions": "redirect statusCode is 302, wanted is 301" },
    because: REDIRECT_SEEN_TWICE,
  },
  {
    defect: "the edge redirects to another host",
    breaks: ({ edge }) => edge.edit([/return 301 https:\/\/api\./g, "return 301 https://www."]),
    caughtBy: {
      "http-redirect": "with Location https://www.rehearsal",
      "uptime-conditions": 'redirect header location is "https://www.rehearsal',
    },
    because: REDIRECT_SEEN_TWICE,
  },
  {
    defect: "the redirect loses the query",
    breaks: ({ edge }) => edge.edit(["$request_uri;", "$uri;"]),
    caughtBy: { "http-redirect": /answered 301 with Location https:\/\/api\.rehearsal\.maestroverse\.edu:28443\/health$/ },
  },
  {
    defect: "a header is missing on every answer",
    breaks: ({ edge }) => edge.edit([/^ *add_header Permissions-Policy .*\n/gm, ""]),
    caughtBy: {
      "security-headers": "200 of the application (200): Permissions-Policy: nothing",
      "headers-grade": "grade B: permissions-policy is missing",
    },
  },
  {
    defect: "an answer of the application has a header twice",
    breaks: ({ edge }) => edge.edit(["proxy_hide_header X-Content-Type-Options;", ""]),
    caughtBy: {
      "security-headers": "200 of the application (200): X-Content-Type-Options: nosniff and nosniff",
      "headers-grade": "grade B: x-content-type-options is not nosniff",
    },
  },
  {
    defect: "a location with a header of its own loses all the others, but on /health",
    breaks: ({ edge }) => edge.edit(["location / {", "location / {\n      add_header X-Own yes always;"]),
    caughtBy: { "security-headers": "404 of the application (404): Strict-Transport-Security: nothing" },
  },
  {
    defect: "the policy of content allows inline scripts",
    breaks: ({ edge }) =>
      edge.edit([/add_header Content-Security-Policy "/g, `add_header Content-Security-Policy "script-src 'unsafe-inline'; `]),
    caughtBy: {
      "security-headers": "Content-Security-Policy: script-src 'unsafe-inline'; ",
      "headers-grade": "grade A: content-security-policy warning: 'unsafe-inline'",
    },
  },
  {
    defect: "HSTS is sent over plain HTTP too",
    breaks: ({ edge }) =>
      edge.edit(["return 301 https://", 'add_header Strict-Transport-Security "max-age=300" always;\n    return 301 https://']),
    caughtBy: { "security-headers": "301 of the edge, over HTTP (301): Strict-Transport-Security over plain HTTP" },
  },
  {
    defect: "HSTS lasts for a minute",
    breaks: ({ edge }) => edge.edit(["max-age=31536000", "max-age=60"]),
    caughtBy: {
      "security-headers": "Strict-Transport-Security: max-age=60; includeSubDomains",
      "uptime-conditions":
        'health header strict-transport-security is "max-age=60; includeSubDomains", wanted matches max-age=(300|86400|31536000)',
    },
    because: "the uptime test of /health wants a stage of the ramp, since runbook §6 has it look at the headers of §1",
  },
  {
    defect: "the edge's own refusals lack the headers",
    breaks: ({ edge }) => edge.edit(["location @rejected {", "location @rejected {\n      add_header Retry-After 1 always;"]),
    caughtBy: { "headers-of-refusals": "429: Strict-Transport-Security: nothing" },
    flood: true,
  },
  {
    defect: "a pod prints a debug line",
    breaks: ({ cluster }) => cluster.print("[debug] user 4711 has logged in"),
    caughtBy: { "log-format": 'printed a verbose line: "[debug] user 4711 has logged in"' },
  },
  {
    defect: "a pod logs a request in the developers' format",
    breaks: ({ cluster }) => cluster.writeAccessLog("GET /api/courses 200 5.316 ms - 5316"),
    caughtBy: { "log-format": 'access.log has a line that is not combined: "GET /api/courses 200 5.316 ms - 5316"' },
  },
];
