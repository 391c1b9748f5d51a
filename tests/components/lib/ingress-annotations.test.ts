import { buildControllerConfig, buildIngressAnnotations, type IngressAnnotationsArgs } from "../../../components/lib/ingress-annotations";
import { securityHeaders } from "../../../components/lib/security-headers";
import { type EdgePlace, startEdge } from "../../helpers/edge-server";

const HOST = "api.maestroverse.edu";
const ARGS: IngressAnnotationsArgs = {
  rateLimit: { requestsPerMinute: 100, burst: 20, ipv6PrefixLength: 64 },
  hsts: { maxAgeSeconds: 31_536_000, includeSubDomains: true },
  clusterIssuer: "letsencrypt",
  replicas: 2,
  serviceName: "maestroverse-server",
};
const OWNED = securityHeaders(ARGS.hsts);
const ADDED = OWNED.map(({ name, value }) => `${name}: ${value}: always`).join(", ");

describe("the annotations", () => {
  it("of the host redirect with 301, hide the application's headers, and ask for the certificate", () => {
    expect(buildIngressAnnotations(ARGS).host).toEqual({
      "nginx.org/mergeable-ingress-type": "master",
      "nginx.org/ssl-redirect": "true",
      "nginx.org/http-redirect-code": "301",
      "nginx.org/hsts": "false",
      "nginx.org/proxy-hide-headers": [...OWNED.map(({ name }) => name), "X-Powered-By"].join(","),
      "nginx.org/server-tokens": "false",
      "cert-manager.io/cluster-issuer": "letsencrypt",
    });
  });

  it("of the API limit, without queueing the burst, and let websocket through", () => {
    expect(buildIngressAnnotations(ARGS).api).toEqual({
      "nginx.org/mergeable-ingress-type": "minion",
      "nginx.org/add-header": ADDED,
      "nginx.org/client-max-body-size": "1m",
      "nginx.org/websocket-services": "maestroverse-server",
      "nginx.org/limit-req-rate": "100r/m",
      "nginx.org/limit-req-key": "${maestroverse_client}",
      "nginx.org/limit-req-zone-size": "10m",
      "nginx.org/limit-req-burst": "20",
      "nginx.org/limit-req-no-delay": "true",
      "nginx.org/limit-req-reject-code": "429",
      "nginx.org/limit-req-log-level": "warn",
      "nginx.org/limit-req-scale": "true",
    });
  });

  it("of /health have no limit", () => {
    expect(buildIngressAnnotations(ARGS).health).toEqual({
      "nginx.org/mergeable-ingress-type": "minion",
      "nginx.org/add-header": ADDED,
      "nginx.org/client-max-body-size": "1m",
    });
  });

  it("ask for no certificate that is provided by hand, divide nothing for one replica, and name no burst of 0", () => {
    const { host, api } = buildIngressAnnotations({
      ...ARGS,
      clusterIssuer: undefined,
      replicas: 1,
      rateLimit: { ...ARGS.rateLimit, burst: 0 },
    });
    expect(Object.keys(host).filter((key) => key.startsWith("cert-manager.io/"))).toEqual([]);
    expect([api["nginx.org/limit-req-scale"], api["nginx.org/limit-req-burst"]]).toEqual(["false", undefined]);
  });

  it("put on a path none that the controller takes from its host only", () => {
    const ofHost = ["ssl-redirect", "http-redirect-code", "hsts", "proxy-hide-headers", "server-tokens"].map((name) => `nginx.org/${name}`);
    const { api, health } = buildIngressAnnotations(ARGS);
    expect([...Object.keys(api), ...Object.keys(health)].filter((key) => ofHost.includes(key))).toEqual([]);
  });
});

describe("the controller's ConfigMap", () => {
  it("believes the proxies that it is told, from the right", () => {
    const data = buildControllerConfig(["10.20.0.0/20", "2001:db8::/32"], ARGS.rateLimit);
    expect(Object.keys(data)).toEqual([
      "real-ip-header",
      "set-real-ip-from",
      "real-ip-recursive",
      "http-snippets",
      "server-tokens",
      "ssl-protocols",
      "http2",
      "log-format-escaping",
      "log-format",
    ]);
    expect([data["real-ip-header"], data["set-real-ip-from"], data["real-ip-recursive"]]).toEqual([
      "X-Forwarded-For",
      "10.20.0.0/20,2001:db8::/32",
      "True",
    ]);
  });

  it("believes nobody where there is no proxy", () => {
    const names = Object.keys(buildControllerConfig([], ARGS.rateLimit));
    expect(names.filter((name) => name.includes("real-ip"))).toEqual([]);
  });
});

/** The directives that the controller's template (5.5) makes of the annotations and the ConfigMap, for the API's location. */
function asTheControllerRenders(place: EdgePlace): string {
  const { host, api } = buildIngressAnnotations({ ...ARGS, rateLimit: { ...ARGS.rateLimit, requestsPerMinute: 1 } });
  const config = buildControllerConfig(["127.0.0.2/32"], ARGS.rateLimit);
  const read = (name: string) => api[`nginx.org/${name}`];
  const added = read("add-header")
    .split(",")
    .map((entry) => entry.split(":").map((part) => part.trim()));
  const hidden = host["nginx.org/proxy-hide-headers"].split(",");
  return `
    pid logs/nginx.pid;
    events {}
    http {
      client_body_temp_path body-temp; proxy_temp_path proxy-temp; fastcgi_temp_path fastcgi-temp; uwsgi_temp_path uwsgi-temp; scgi_temp_path scgi-temp;
      log_format main escape=${config["log-format-escaping"]} '${config["log-format"]}';
      access_log logs/access.log main;
      ${config["http-snippets"]}
      limit_req_zone ${read("limit-req-key")} zone=api:${read("limit-req-zone-size")} rate=${read("limit-req-rate")};
      server {
        listen 127.0.0.1:${place.httpsPort} ssl;
        ssl_certificate ${place.certificateDirectory}/tls.crt;
        ssl_certificate_key ${place.certificateDirectory}/tls.key;
        ssl_protocols ${config["ssl-protocols"]};
        ${config["set-real-ip-from"]
          .split(",")
          .map((block) => `set_real_ip_from ${block};`)
          .join(" ")}
        real_ip_header ${config["real-ip-header"]};
        real_ip_recursive on;
        ${hidden.map((name) => `proxy_hide_header ${name};`).join(" ")}
        location / {
          proxy_pass http://${place.upstream};
          ${added.map(([name, value, flag]) => `add_header ${name} "${value}" ${flag};`).join(" ")}
          limit_req zone=api burst=${read("limit-req-burst")} nodelay;
          limit_req_log_level ${read("limit-req-log-level")};
          limit_req_status ${read("limit-req-reject-code")};
        }
      }
    }`;
}

it("both are good nginx: limits by IPv6 prefix, each header once on success and refusal, a log in JSON", async () => {
  const edge = await startEdge(HOST, asTheControllerRenders);
  try {
    const client = (address: string) => ({ from: "127.0.0.2", headers: { "X-Forwarded-For": address } });
    const { statuses } = await edge.flood(30, client("2001:db8:1:2::1"));
    expect([200, 429].map((status) => statuses.filter((each) => each === status).length)).toEqual([21, 9]);
    const refused = await edge.send(client("2001:db8:1:2:8000::2"));
    const passed = await edge.send(client("2001:db8:1:3::1"));
    expect([refused.status, passed.status]).toEqual([429, 200]);
    for (const { headers } of [refused, passed])
      expect(OWNED.map(({ name }) => [name, headers[name.toLowerCase()]])).toEqual(OWNED.map(({ name, value }) => [name, [value]]));
    const clients = edge.log("access.log").map((line) => (JSON.parse(line) as { client: string }).client);
    expect(clients.filter((each) => each.startsWith("2001:db8:1:"))).toHaveLength(32);
  } finally {
    await edge.stop();
  }
});
