/** Runbook §4: the whole configuration of an external nginx (1.22 or newer). @see docs/runbook/4-edge.md for how it is run */
import { ACCESS_LOG_FORMAT, clientKeyMap, MAX_BODY_SIZE, ZONE_SIZE } from "./nginx-snippets";
import { type RateLimit, REJECT_STATUS, retryAfterSeconds } from "./rate-limit";
import { hiddenHeaders, type Hsts, type SecurityHeader, securityHeaders } from "./security-headers";

/** Arguments of {@link buildNginxConfig}; all of them checked before (validateEdge), since they become configuration as they are. */
export interface NginxConfigArgs {
  readonly apiHost: string;
  readonly rateLimit: RateLimit;
  readonly trustedProxies: readonly string[];
  readonly hsts: Hsts;
  /** Path that is not limited. */
  readonly healthPath: string;
  readonly nginx: {
    /** IPv4 or IPv6 address. */
    readonly listenAddress: string;
    readonly httpPort: number;
    readonly httpsPort: number;
    /** `host:port`; the name is resolved when nginx starts. */
    readonly upstream: string;
    /** Folder of tls.crt and tls.key; relative: to the configuration's own folder. */
    readonly certificateDirectory: string;
  };
}

/** Seconds that a websocket may be silent; socket.io's own ping, every 25 s, finds dead ones long before. */
const WEBSOCKET_TIMEOUT_SECONDS = 3600;

/** Mozilla's "intermediate" ciphers for TLS 1.2, all with forward secrecy. TLS 1.3 has none to choose. */
const CIPHERS = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** Request headers that name a client or a host, which only proxies may write: never passed on as a client sent them. */
const FORGEABLE_HEADERS = ["Forwarded", "X-Forwarded-Port", "X-Forwarded-Server", "X-Client-IP", "True-Client-IP", "Proxy"];

/** The text of nginx.conf. All paths but the certificate's are relative to nginx's prefix (`-p`), in which `logs/` must exist. */
export function buildNginxConfig(args: NginxConfigArgs): string {
  const { httpPort, httpsPort, certificateDirectory, upstream } = args.nginx;
  const address = args.nginx.listenAddress.includes(":") ? `[${args.nginx.listenAddress}]` : args.nginx.listenAddress;
  const headers = securityHeaders(args.hsts);
  const limit = `limit_req zone=api_per_client${args.rateLimit.burst === 0 ? "" : ` burst=${args.rateLimit.burst}`} nodelay;`;
  const retryAfter = retryAfterSeconds(args.rateLimit);

  return `# Made by components/lib/nginx-config.ts: change the stack's settings, not this file.
worker_processes auto;
worker_rlimit_nofile 8192;
pid logs/nginx.pid;
error_log logs/error.log warn;

events {
  worker_connections 4096;
}

http {
  default_type application/octet-stream;
  server_tokens off;
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

${indent(realIp(args.trustedProxies), 1)}

${indent(clientKeyMap("client", args.rateLimit.ipv6PrefixLength), 1)}
  limit_req_zone $client zone=api_per_client:${ZONE_SIZE} rate=${args.rateLimit.requestsPerMinute}r/m;
  limit_req_status ${REJECT_STATUS};
  limit_req_log_level warn;
  map $limit_req_status $blocked {
    default 0;
    REJECTED 1;
  }
  map $limit_req_status $retry_after {
    default "";
    REJECTED ${retryAfter};
  }

  log_format access escape=json '${ACCESS_LOG_FORMAT}';
  access_log logs/access.log access;
  access_log logs/blocked.log access if=$blocked;

  # Only websocket may be upgraded to; other requests keep their connection to the application.
  map $http_upgrade $upgrade_to {
    default "";
    "~*^websocket$" websocket;
  }
  map $upgrade_to $connection_to_api {
    default "";
    websocket upgrade;
  }

  upstream api {
    server ${upstream};
    keepalive 32;
  }

  # Any other host, or none: no answer.
  server {
    listen ${address}:${httpPort} default_server;
    listen ${address}:${httpsPort} ssl http2 default_server;
    server_name _;
    ssl_reject_handshake on;
    return 444;
  }

  server {
    listen ${address}:${httpPort};
    server_name ${args.apiHost};
${indent(addHeaders(headers.filter(({ overHttp }) => overHttp)), 2)}
    return 301 https://${args.apiHost}${httpsPort === 443 ? "" : `:${httpsPort}`}$request_uri;
  }

  server {
    listen ${address}:${httpsPort} ssl http2;
    server_name ${args.apiHost};
    ssl_certificate ${certificateDirectory}/tls.crt;
    ssl_certificate_key ${certificateDirectory}/tls.key;

    # Here only: a location with one header of its own would lose all of these. An empty one is not sent.
${indent(addHeaders(headers), 2)}
    add_header Retry-After $retry_after always;
${indent(
  hiddenHeaders(args.hsts)
    .map((name) => `proxy_hide_header ${name};`)
    .join("\n"),
  2,
)}

    # Here only, for the same reason. The client's address replaces what the client claims.
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto https;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header X-Request-Id $request_id;
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

    # The uptime checks must never see a 429.
    location = ${args.healthPath} {
      proxy_pass http://api;
    }

    location @rejected {
      default_type application/json;
      return ${REJECT_STATUS} '{"error":"Too Many Requests","retryAfterSeconds":${retryAfter}}\\n';
    }
  }
}
`;
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

function addHeaders(headers: readonly SecurityHeader[]): string {
  return headers.map(({ name, value }) => `add_header ${name} "${value}" always;`).join("\n");
}

function indent(text: string, levels: number): string {
  return text.replaceAll(/^(?=.)/gm, "  ".repeat(levels));
}
