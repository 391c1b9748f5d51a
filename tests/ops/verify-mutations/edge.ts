/** Runbook §4: the limit, what it leaves in the log, and whom the application takes the client for. */
import type { Mutation } from "../../helpers/broken/mutation";

const LIMITS = /^ *limit_req zone=api_per_client.*\n/gm;

export const edgeMutations: readonly Mutation[] = [
  {
    defect: "nginx has no limit",
    breaks: ({ edge }) => edge.edit([LIMITS, ""]),
    caughtBy: { flood: /^(\d+) of \1 requests in \d+ ms passed, 0 got 429; 21 to \d+ should have passed$/ },
    flood: true,
  },
  {
    defect: "nginx lets a smaller burst pass",
    breaks: ({ edge }) => edge.edit([" burst=20 nodelay;", " burst=10 nodelay;"]),
    caughtBy: { flood: /^1\d of 150 requests in \d+ ms passed, 13\d got 429; 21 to \d+ should have passed$/ },
    flood: true,
  },
  {
    defect: "all clients share one limit",
    breaks: ({ edge }) =>
      edge.edit(
        ["limit_req_zone $client zone=api_per_client", "limit_req_zone $server_name zone=api_for_all"],
        ["limit_req zone=api_per_client", "limit_req zone=api_for_all"],
      ),
    caughtBy: { flood: /another client was limited too: \/api\/whoami answered 429|should have passed/ },
    flood: true,
  },
  {
    defect: "/health is limited too",
    breaks: ({ edge }) =>
      edge.edit(["location = /health {", "location = /health {\n      limit_req zone=api_per_client burst=20 nodelay;"]),
    caughtBy: { flood: "/health of the flooding client got 429: uptime checks would fail" },
    flood: true,
  },
  {
    defect: "refused requests are not logged",
    breaks: ({ edge }) => edge.edit([/^ *access_log logs\/blocked\.log .*\n/gm, ""]),
    caughtBy: { flood: "no refused request is in the edge's log" },
    flood: true,
  },
  {
    defect: "whoever writes X-Forwarded-For is believed",
    breaks: ({ edge }) => edge.edit(["set_real_ip_from 127.0.0.2/32;", "set_real_ip_from 0.0.0.0/0;"]),
    caughtBy: { "client-address": /^a client at 127\.1\.\d+\.\d+ that forged X-Forwarded-For was seen as 203\.0\.113\.66$/ },
  },
  {
    defect: "the edge passes on what the client claims",
    breaks: ({ edge }) =>
      edge.edit(["proxy_set_header X-Forwarded-For $remote_addr;", "proxy_set_header X-Forwarded-For $http_x_forwarded_for;"]),
    caughtBy: { "client-address": /that forged X-Forwarded-For was seen as 203\.0\.113\.66$/ },
  },
  {
    defect: "the edge tells the application no client's address",
    breaks: ({ edge }) => edge.edit(["proxy_set_header X-Forwarded-For $remote_addr;", 'proxy_set_header X-Forwarded-For "";']),
    caughtBy: { "client-address": /that forged X-Forwarded-For was seen as (?!127\.1\.)/ },
  },
  {
    defect: "the load balancer's word about the client is not taken",
    breaks: ({ edge }) => edge.edit(["set_real_ip_from 127.0.0.2/32;", ""]),
    caughtBy: { "client-address": "a client at 203.0.113.7 behind a trusted proxy was seen as 127.0.0.2" },
  },
];
