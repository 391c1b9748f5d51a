/** Runbook §4: the whole configuration of an external nginx (1.22 or newer). @see docs/runbook/4-edge.md for how it is run */
import type { Hsts } from "./hsts";
import {
  accessLogFormat,
  addHeaders,
  clientKeyMap,
  ERROR_LOG_LEVEL,
  indent,
  logMaps,
  MAX_BODY_SIZE,
  rejectionBody,
  WEBSOCKET_TIMEOUT_SECONDS,
  ZONE_SIZE,
} from "./nginx-snippets";
import { overReplicas, type RateLimit, REJECT_STATUS, retryAfterSeconds } from "./rate-limit";
import { HIDDEN_HEADERS, securityHeaders } from "./security-headers";

/** Arguments of {@link buildNginxConfig}; all of them checked before (validateEdge), since they become configuration as they are. */
export interface NginxConfigArgs {
  readonly apiHost: string;
  readonly rateLimit: RateLimit;
  readonly hsts: Hsts;
  /** The one of `rateLimit.exemptPaths` that the uptime checks ask; anyone may ask it as often as they like. */
  readonly healthPath: string;
  readonly nginx: {
    /** IPv4 or IPv6 address; `::` stands for all addresses of both families. */
    readonly listenAddress: string;
    readonly httpPort: number;
    readonly httpsPort: number;
    /** `host:port`; the name is resolved when nginx starts. */
    readonly upstream: string;
    /** Folder of tls.crt and tls.key; relative: to the configuration's own folder. */
    readonly certificateDirectory: string;
    /** How many of them share the traffic; at most `rateLimit.requestsPerMinute`, which is divided among them. */
    readonly replicas: number;
    /** Address of a DNS server, by which the certificate's OCSP responder is found; absent: its answers are not stapled. */
    readonly ocspResolver?: string | undefined;
  };
}

/** Mozilla's "intermediate" ciphers for TLS 1.2, all with forward secrecy. TLS 1.3 has none to choose. */
const CIPHERS = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** Request headers that name a client, a host or a path, which only proxies may write: never passed on as a client sent them. */
const FORGEABLE_HEADERS = [
  "Forwarded",
  "X-Forwarded-Port",
  "X-Forwarded-Server",
  "X-Forwarded-Ssl",
  "X-Forwarded-Scheme",
  "X-Forwarded-Prefix",
  "X-Original-Forwarded-For",
  "X-Original-URL",
  "X-Rewrite-URL",
  "X-Scheme",
  "X-Client-IP",
  "X-Cluster-Client-IP",
  "CF-Connecting-IP",
  "Fastly-Client-IP",
  "True-Client-IP",
  "Front-End-Https",
  "Proxy",
] as const;

/** The text of nginx.conf. All paths but the certificate's are relative to nginx's prefix (`-p`), in which `logs/` must exist. */
export function buildNginxConfig(args: NginxConfigArgs): string {
  const { httpPort, httpsPort, certificateDirectory, upstream } = args.nginx;
  const authority = `${args.apiHost}${httpsPort === 443 ? "" : `:${httpsPort}`}`;
  const headers = securityHeaders({ authority, hsts: args.hsts });
  const burst = args.rateLimit.burst === 0 ? "" : ` burst=${args.rateLimit.burst}`;
  const limit = `limit_req zone=api_per_client${burst} nodelay;`;
  const requestsPerMinute = overReplicas(args.rateLimit, args.nginx.replicas).requestsPerMinutePerReplica;
  const retryAfter = retryAfterSeconds({ requestsPerMinute });
  const listen = (port: number, options: string) =>
    indent(
      addressesOf(args.nginx.listenAddress)
        .map((address) => `listen ${address}:${port}${options};`)
        .join("\n"),
      2,
    );

  return `# Made by components/lib/nginx-config.ts: change the stack's settings, not this file.
worker_processes auto;
worker_rlimit_nofile 8192;
pcre_jit on;
pid logs/nginx.pid;
error_log logs/error.log warn;

events {
  worker_connections 4096;
}

http {
  default_type application/octet-stream;
  server_tokens off;
  # What the application failed at is in the access log, with its status. The line in the error log has the query, which may carry tokens.
  error_log logs/error.log ${ERROR_LOG_LEVEL};
  # Room for the longest host name that there is.
  server_names_hash_bucket_size 512;
  client_body_temp_path client-body-temp;
  proxy_temp_path proxy-temp;
  fastcgi_temp_path fastcgi-temp;
  uwsgi_temp_path uwsgi-temp;
  scgi_temp_path scgi-temp;

  # Slow or greedy clients.
  client_max_body_size ${MAX_BODY_SIZE};
  large_client_header_buffers 4 8k;
  client_header_timeout 10s;
  client_body_timeout 10s;
  send_timeout 10s;
  keepalive_timeout 60s;
  reset_timedout_connection on;

  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ${CIPHERS};
  ssl_prefer_server_ciphers off;
  ssl_session_cache shared:tls:10m;
  ssl_session_timeout 1d;
  ssl_session_tickets off;
${indent(stapling(args.nginx.ocspResolver), 1)}

${indent(realIp(args.rateLimit.trustedProxies), 1)}

${indent(clientKeyMap("client", args.rateLimit.ipv6PrefixLength), 1)}
  limit_req_zone $client zone=api_per_client:${ZONE_SIZE} rate=${requestsPerMinute}r/m;
  limit_req_status ${REJECT_STATUS};
  # Not in the error log: refusals have a log of their own.
  limit_req_log_level info;
  map $limit_req_status $retry_after {
    default "";
    REJECTED ${retryAfter};
  }

${indent(logMaps("log"), 1)}
  log_format json escape=json '${accessLogFormat("log")}';
  access_log logs/access.log json buffer=64k flush=1s if=$log_served;
  access_log logs/blocked.log json buffer=64k flush=1s if=$log_refused;

  # Only websocket may be upgraded to; other requests keep their connection to the application.
  map $http_upgrade $upgrade_to {
    default "";
    "" "";
    "~*^websocket$" websocket;
  }
  map $upgrade_to $connection_to_api {
    default "";
    websocket upgrade;
  }
  # One answer for all who ask after the health, so none that is made for an origin.
  map $uri $origin_to_api {
    default $http_origin;
    ${args.healthPath} "";
  }
  proxy_cache_path health-cache keys_zone=health:1m max_size=1m inactive=1m use_temp_path=off;

  upstream api {
    server ${upstream};
    keepalive 32;
  }

  # Any other host, or none: no answer.
  server {
${listen(httpPort, " default_server")}
${listen(httpsPort, " ssl http2 default_server")}
    server_name _;
    ssl_reject_handshake on;
    return 444;
  }

  server {
${listen(httpPort, "")}
    server_name ${args.apiHost};
${indent(addHeaders(headers.filter(({ overHttp }) => overHttp)), 2)}
    return 301 https://${authority}$request_uri;
  }

  server {
${listen(httpsPort, " ssl http2")}
    server_name ${args.apiHost};
    ssl_certificate ${certificateDirectory}/tls.crt;
    ssl_certificate_key ${certificateDirectory}/tls.key;

    # Here only: a location with one header of its own would lose all of these. An empty one is not sent.
${indent(addHeaders(headers), 2)}
    add_header Retry-After $retry_after always;
${indent(HIDDEN_HEADERS.map((name) => `proxy_hide_header ${name};`).join("\n"), 2)}

    # Here only, for the same reason. The client's address replaces what the client claims.
    proxy_http_version 1.1;
    proxy_set_header Host ${args.apiHost};
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto https;
    proxy_set_header X-Forwarded-Host ${args.apiHost};
    proxy_set_header X-Request-Id $request_id;
    proxy_set_header Origin $origin_to_api;
    proxy_set_header Upgrade $upgrade_to;
    proxy_set_header Connection $connection_to_api;
${indent(FORGEABLE_HEADERS.map((name) => `proxy_set_header ${name} "";`).join("\n"), 2)}
    proxy_connect_timeout 5s;
    proxy_send_timeout 60s;
    proxy_read_timeout 60s;

    error_page ${REJECT_STATUS} @rejected;

    location / {
      ${limit}
      proxy_pass http://api;
    }

    location /socket.io/ {
      ${limit}
      proxy_read_timeout ${WEBSOCKET_TIMEOUT_SECONDS}s;
      proxy_send_timeout ${WEBSOCKET_TIMEOUT_SECONDS}s;
      proxy_pass http://api;
    }
${indent(args.rateLimit.exemptPaths.map((path) => exemptLocation(path, path === args.healthPath)).join(""), 2)}
    location @rejected {
      default_type application/json;
      return ${REJECT_STATUS} '${rejectionBody(retryAfter)}\\n';
    }
  }
}
`;
}

/** A path without limit. That of the health checks costs the application about one request a second, however many ask. */
function exemptLocation(path: string, isHealth: boolean): string {
  const cheap = `
  limit_except GET {
    deny all;
  }
  access_log off;
  proxy_cache health;
  proxy_cache_key $uri;
  proxy_cache_valid any 1s;
  proxy_cache_lock on;
  proxy_ignore_headers Cache-Control Expires Set-Cookie Vary X-Accel-Expires;`;
  return `
location = ${path} {${isHealth ? cheap : ""}
  proxy_pass http://api;
}
`;
}

/** What `listen` takes. An IPv6 socket takes no IPv4 clients: `::` is a socket for each family. */
function addressesOf(address: string): string[] {
  if (address === "::") return ["0.0.0.0", "[::]"];
  return [address.includes(":") ? `[${address}]` : address];
}

function stapling(resolver: string | undefined): string {
  if (resolver === undefined) return "# No OCSP stapling: no resolver was named.";
  return `ssl_stapling on;\nresolver ${resolver.includes(":") ? `[${resolver}]` : resolver};`;
}

function realIp(trustedProxies: readonly string[]): string {
  if (trustedProxies.length === 0) return "# No trusted proxies: the peer is the client.";
  return [
    "# From the right, to the first address that is no trusted proxy: what a client wrote itself is never reached.",
    "real_ip_header X-Forwarded-For;",
    "real_ip_recursive on;",
    ...trustedProxies.map((block) => `set_real_ip_from ${block};`),
  ].join("\n");
}
