/** What the Ingress controllers are told, and what a real nginx makes of it. The controllers themselves run nowhere here. */
import { buildControllerConfig, buildIngressAnnotations, type IngressArgs } from "../../components/lib/ingress-annotations";
import { buildLegacyHeaders } from "../../components/lib/ingress-nginx-legacy";
import { HIDDEN_HEADERS, securityHeaders } from "../../components/lib/security-headers";
import { type EdgePlace, type EdgeServer, refusalOf, startEdge } from "../helpers/edge-server";
import { count, HOST, HSTS, PROXY, RUNBOOK } from "../helpers/edge-settings";

const ARGS: IngressArgs = {
  apiHost: HOST,
  rateLimit: RUNBOOK,
  hsts: HSTS,
  clusterIssuer: "letsencrypt",
  replicas: 2,
  serviceName: "maestroverse-server",
  headersConfigMap: "maestroverse/headers",
};
const OWNED = securityHeaders({ authority: HOST, hsts: HSTS });

describe("F5's annotations", () => {
  it("of the host redirect with 301, hide the application's headers, and ask for the certificate", () => {
    expect(buildIngressAnnotations("f5", ARGS).host).toEqual({
      "nginx.org/mergeable-ingress-type": "master",
      "nginx.org/ssl-redirect": "true",
      "nginx.org/http-redirect-code": "301",
      "nginx.org/hsts": "false",
      "nginx.org/proxy-hide-headers": HIDDEN_HEADERS.join(","),
      "nginx.org/server-tokens": "false",
      "cert-manager.io/cluster-issuer": "letsencrypt",
    });
  });

  it("of the API limit, without queueing the burst, and let websocket through and be silent", () => {
    expect(buildIngressAnnotations("f5", ARGS).api).toEqual({
      "nginx.org/mergeable-ingress-type": "minion",
      "nginx.org/client-max-body-size": "1m",
      "nginx.org/websocket-services": "maestroverse-server",
      "nginx.org/proxy-read-timeout": "3600s",
      "nginx.org/proxy-send-timeout": "3600s",
      "nginx.org/limit-req-rate": "100r/m",
      "nginx.org/limit-req-key": "${maestroverse_client}",
      "nginx.org/limit-req-zone-size": "10m",
      "nginx.org/limit-req-burst": "20",
      "nginx.org/limit-req-no-delay": "true",
      "nginx.org/limit-req-reject-code": "429",
      "nginx.org/limit-req-log-level": "info",
      "nginx.org/limit-req-scale": "true",
    });
  });

  it("of the exempt paths have no limit", () => {
    expect(buildIngressAnnotations("f5", ARGS).exempt).toEqual({
      "nginx.org/mergeable-ingress-type": "minion",
      "nginx.org/client-max-body-size": "1m",
    });
  });

  it("ask for no certificate that is provided by hand, divide nothing for one replica, and name no burst of 0", () => {
    const rateLimit = { ...RUNBOOK, burst: 0 };
    const { host = {}, api } = buildIngressAnnotations("f5", { ...ARGS, clusterIssuer: undefined, replicas: 1, rateLimit });
    expect(Object.keys(host).filter((key) => key.startsWith("cert-manager.io/"))).toEqual([]);
    expect([api["nginx.org/limit-req-scale"], api["nginx.org/limit-req-burst"]]).toEqual(["false", undefined]);
  });

  it("put on a path none that the controller takes from its host only", () => {
    const { host = {}, api, exempt } = buildIngressAnnotations("f5", ARGS);
    const ofHost = Object.keys(host).filter((key) => key !== "nginx.org/mergeable-ingress-type");
    expect([...Object.keys(api), ...Object.keys(exempt)].filter((key) => ofHost.includes(key))).toEqual([]);
  });
});

describe("F5's ConfigMap", () => {
  it("has these keys, and believes the proxies that it is told, from the right", () => {
    const data = buildControllerConfig("f5", { ...ARGS, rateLimit: { ...RUNBOOK, trustedProxies: ["10.20.0.0/20", "2001:db8::/32"] } });
    const realIp = ["real-ip-header", "set-real-ip-from", "real-ip-recursive"];
    const logs = ["log-format-escaping", "log-format"];
    expect(Object.keys(data)).toEqual([...realIp, "http-snippets", "server-snippets", "server-tokens", "ssl-protocols", "http2", ...logs]);
    expect(realIp.map((key) => data[key])).toEqual(["X-Forwarded-For", "10.20.0.0/20,2001:db8::/32", "True"]);
  });

  it.each(["f5", "ingress-nginx"] as const)("believes nobody where there is no proxy: %s", (kind) => {
    const names = Object.keys(buildControllerConfig(kind, { ...ARGS, rateLimit: { ...RUNBOOK, trustedProxies: [] } }));
    expect(names.filter((name) => /real-ip|forwarded/.test(name))).toEqual([]);
  });
});

/** The directives that F5's template (5.4) makes of the annotations and the ConfigMap; its log goes to a file here. */
function asF5Renders(place: EdgePlace): string {
  const args = { ...ARGS, rateLimit: { ...RUNBOOK, requestsPerMinute: 2 } };
  const { host = {}, api } = buildIngressAnnotations("f5", args);
  const config = buildControllerConfig("f5", args);
  const read = (name: string) => api[`nginx.org/${name}`] ?? "";
  const server = (name: string, location: string) => `
    server {
      listen 127.0.0.1:${place.httpPort};
      listen 127.0.0.1:${place.httpsPort} ssl;
      ssl_certificate ${place.certificateDirectory}/tls.crt;
      ssl_certificate_key ${place.certificateDirectory}/tls.key;
      set_real_ip_from ${config["set-real-ip-from"]};
      real_ip_header ${config["real-ip-header"]};
      real_ip_recursive on;
      server_tokens ${host["nginx.org/server-tokens"] === "false" ? "off" : "on"};
      server_name ${name};
      ${(host["nginx.org/proxy-hide-headers"] ?? "")
        .split(",")
        .map((each) => `proxy_hide_header ${each};`)
        .join(" ")}
      if ($scheme = http) { return ${host["nginx.org/http-redirect-code"]} https://$host:443$request_uri; }
      ${config["server-snippets"]?.replace("/dev/stdout", "logs/access.log")}
      location / { ${location} }
    }`;
  const limited = `
    proxy_pass http://${place.upstream};
    limit_req zone=api burst=${read("limit-req-burst")} nodelay;
    limit_req_log_level ${read("limit-req-log-level")};
    limit_req_status ${read("limit-req-reject-code")};`;
  return `
    pid logs/nginx.pid;
    events {}
    http {
      client_body_temp_path body-temp; proxy_temp_path proxy-temp; fastcgi_temp_path fastcgi-temp; uwsgi_temp_path uwsgi-temp; scgi_temp_path scgi-temp;
      ${config["http-snippets"]}
      log_format main escape=${config["log-format-escaping"]} '${config["log-format"]}';
      access_log logs/access.log main;
      ssl_protocols ${config["ssl-protocols"]};
      limit_req_zone ${read("limit-req-key")} zone=api:${read("limit-req-zone-size")} rate=1r/m;
      ${server(HOST, limited)}
      ${server("other.example", "return 200;")}
    }`;
}

describe("what F5's controller renders of them", () => {
  let edge: EdgeServer;
  beforeAll(async () => {
    edge = await startEdge(HOST, asF5Renders);
  });
  afterAll(() => edge.stop());
  const client = (address: string) => ({ from: PROXY, headers: { "X-Forwarded-For": address } });

  it("limits by IPv6 prefix, refuses in JSON with Retry-After, and logs in JSON", async () => {
    const { statuses } = await edge.flood(30, client("2001:db8:1:2::1"));
    expect([count(statuses, 200), count(statuses, 429)]).toEqual([21, 9]);
    const refused = await edge.send(client("2001:db8:1:2:8000::2"));
    const passed = await edge.send(client("2001:db8:1:3::1"));
    expect([refused.status, passed.status]).toEqual([429, 200]);
    // Of 2 a minute over 2 replicas.
    expect([refused.headers["retry-after"], JSON.parse(refused.body), passed.headers["retry-after"]]).toEqual([
      ["63"],
      { error: "Too Many Requests", retryAfterSeconds: 63 },
      undefined,
    ]);
    const lines = edge.log("access.log").map((line) => JSON.parse(line) as { network: { client: { ip: string } }; limit: string });
    expect(lines.filter(({ network, limit }) => network.client.ip.startsWith("2001:db8:1:") && limit === "PASSED")).toHaveLength(22);
  });

  it("sends each header once on every answer for the API's host, and none for another host of the controller", async () => {
    const answers = [
      await edge.send({ from: "127.0.9.1" }),
      await edge.send({ from: "127.0.9.2", path: "/status/404" }),
      await edge.send({ from: "127.0.9.3", path: "/drop" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 502]);
    for (const { headers } of answers)
      expect(OWNED.map(({ name }) => [name, headers[name.toLowerCase()]])).toEqual(OWNED.map(({ name, value }) => [name, [value]]));
    const redirect = await edge.send({ scheme: "http", from: "127.0.9.4" });
    expect([redirect.status, redirect.headers["location"]]).toEqual([301, [`https://${HOST}:443/`]]);
    expect(OWNED.filter(({ name }) => redirect.headers[name.toLowerCase()] !== undefined)).toEqual(
      OWNED.filter(({ overHttp }) => overHttp),
    );
    const other = await edge.send({ host: "other.example", serverName: HOST });
    expect([other.status, ...OWNED.flatMap(({ name }) => other.headers[name.toLowerCase()] ?? [])]).toEqual([200]);
  });
});

describe("the retired ingress-nginx", () => {
  const legacy = { ...ARGS, rateLimit: { ...RUNBOOK, burst: 100 } };

  it("is told the rate of a replica, the burst as its multiple, and where the headers stand; it merges by itself", () => {
    const all = {
      "nginx.ingress.kubernetes.io/ssl-redirect": "true",
      "nginx.ingress.kubernetes.io/custom-headers": "maestroverse/headers",
      "nginx.ingress.kubernetes.io/proxy-body-size": "1m",
    };
    expect(buildIngressAnnotations("ingress-nginx", legacy)).toEqual({
      host: undefined,
      api: {
        ...all,
        "cert-manager.io/cluster-issuer": "letsencrypt",
        "nginx.ingress.kubernetes.io/limit-rpm": "50",
        "nginx.ingress.kubernetes.io/limit-burst-multiplier": "2",
        "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
        "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
      },
      exempt: all,
    });
  });

  it("gets status and redirect code, key, proxies and HSTS by its ConfigMap, and is allowed the headers by name", () => {
    const data = buildControllerConfig("ingress-nginx", legacy);
    const { "http-snippet": snippet, "log-format-upstream": format, ...rest } = data;
    const names = Object.keys(buildLegacyHeaders(legacy));
    expect(names).toEqual(OWNED.map(({ name }) => name).filter((name) => name !== "Strict-Transport-Security"));
    expect(rest).toEqual({
      "enable-real-ip": "true",
      // At `error` it would write each request that the application failed at, with its query.
      "error-log-level": "crit",
      "forwarded-for-header": "X-Forwarded-For",
      "proxy-real-ip-cidr": `${PROXY}/32`,
      "limit-conn-zone-variable": "$maestroverse_client",
      "limit-req-status-code": "429",
      "http-redirect-code": "301",
      "global-allowed-response-headers": names.join(","),
      "hide-headers": "Strict-Transport-Security,X-Powered-By",
      hsts: "true",
      "hsts-max-age": "31536000",
      "hsts-include-subdomains": "true",
      "hsts-preload": "false",
      "server-tokens": "false",
      "ssl-protocols": "TLSv1.2 TLSv1.3",
      "use-http2": "true",
      "log-format-escape-json": "true",
    });
    expect([snippet, format].map((text) => text === undefined)).toEqual([false, false]);
  });

  it("has a snippet and a log format that nginx accepts", async () => {
    const config = buildControllerConfig("ingress-nginx", legacy);
    const refusal = await refusalOf(
      () => `events {} http {
        ${config["http-snippet"]}
        log_format upstreaminfo escape=json '${config["log-format-upstream"]}';
        access_log logs/access.log upstreaminfo;
        map 0 $limit { 0 ${config["limit-conn-zone-variable"]}; 1 ""; }
        limit_req_zone $limit zone=rpm:5m rate=50r/m;
      }`,
    );
    expect(refusal).toBeUndefined();
  });
});
