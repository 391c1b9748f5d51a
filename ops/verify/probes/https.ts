/** Runbook §1: image and pods, redirect, headers, logs. */
import { imageReference } from "../../../components/lib/image";
import { securityHeaders } from "../../../components/lib/security-headers";
import { HEALTH_PATH, LOG_DIRECTORY, SERVER_NAME } from "../../../components/lib/web-pod";
import { compareHeaders, HEADERS_TODO } from "../headers";
import { gradeHeaders } from "../header-grade";
import { judgeAccessLog, judgeProcessLog } from "../log-lines";
import { serverPods } from "../pods";
import { judge, type Probe, undetermined } from "../probe";

/** Lines and bytes of each pod's logs that are read. */
const LOG_LINES = 500;
const LOG_BYTES = 256 * 1024;

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } } };
  readonly status?: { readonly observedGeneration?: number; readonly replicas?: number; readonly availableReplicas?: number };
}

const pods: Probe = {
  line: "RB-1.1",
  name: "pods",
  title: "Every pod runs the image of the settings, and all are available",
  needs: ["cluster"],
  async run(context) {
    const { settings, systems } = context;
    const cluster = await systems.cluster();
    const { names } = await systems.outputs();
    const deployment = await cluster.get<Deployment>(`/apis/apps/v1/namespaces/${names.namespace}/deployments/${names.deployment}`);
    const wanted = imageReference(settings.image);
    const running = await serverPods(context);
    const { replicas = 0, availableReplicas = 0, observedGeneration } = deployment.status ?? {};
    const others = [
      ...deployment.spec.template.spec.containers
        .filter(({ image }) => image !== wanted)
        .map(({ image }) => `the Deployment asks for ${image}`),
      ...running.flatMap(({ metadata, spec }) =>
        spec.containers.filter(({ image }) => image !== wanted).map(({ image }) => `${metadata.name} runs ${image}`),
      ),
    ];
    const { minimum } = settings.web.replicas;
    const problems = [
      ...others.map((each) => `${each}, not ${wanted}`),
      ...(availableReplicas < minimum || availableReplicas !== replicas || observedGeneration !== deployment.metadata.generation
        ? [`${availableReplicas} of ${replicas} pods are available, ${minimum} at least are wanted`]
        : []),
    ];
    return judge(
      problems,
      `${availableReplicas} of ${replicas} pods available, all of ${wanted}`,
      "kubectl -n " +
        names.namespace +
        " describe deploy,pods; then pulumi up, which rolls the settings' image out. See docs/runbook/1-https.md.",
      {
        kind: "table",
        title: "Pods",
        columns: ["Pod", "Phase", "Image"],
        rows: running.map(({ metadata, spec, status }) => [
          metadata.name,
          status?.phase ?? "",
          spec.containers.map(({ image }) => image).join(", "),
        ]),
      },
    );
  },
};

const redirect: Probe = {
  line: "RB-1.2",
  name: "http-redirect",
  title: "Plain HTTP is answered with 301 to the same address under https://",
  needs: ["edge"],
  async run({ settings, systems }) {
    const path = `${HEALTH_PATH}?from=http`;
    const { status, headers } = await systems.edge({ scheme: "http", path, from: systems.ownAddress() });
    const location = headers.location ?? "none";
    const target = URL.canParse(location) ? new URL(location) : undefined;
    const good = status === 301 && target?.protocol === "https:" && target.hostname === settings.hosts.api && location.endsWith(path);
    return judge(
      good ? [] : [`http://${settings.hosts.api}${path} answered ${status} with Location ${location}`],
      `${status}, Location: ${location}`,
      "The edge redirects, not the application: see docs/runbook/1-https.md, and whether the edge has the configuration of `ops render edge`.",
    );
  },
};

/** Answers of each kind: what made them, and the status that is expected where it is the edge's or the sample server's. */
const CLASSES = [
  { title: "200 of the application", scheme: "https", path: HEALTH_PATH },
  { title: "401 of the application", scheme: "https", path: "/api/me" },
  { title: "404 of the application", scheme: "https", path: "/no/such/page" },
  { title: "301 of the edge, over HTTP", scheme: "http", path: HEALTH_PATH },
] as const;

const headers: Probe = {
  line: "RB-1.3",
  name: "security-headers",
  title: "Every answer has each security header once, with the value of the settings",
  needs: ["edge"],
  async run(context) {
    const from = context.systems.ownAddress();
    const compared = await Promise.all(
      CLASSES.map(async ({ title, scheme, path }) => {
        const answer = await context.systems.edge({ scheme, path, ...(from === undefined ? {} : { from }) });
        return { title: `${title} (${answer.status})`, ...compareHeaders(context, answer, scheme === "https") };
      }),
    );
    const names = securityHeaders({ authority: "", hsts: context.settings.edge.hsts }).map(({ name }) => name);
    return judge(
      compared.flatMap(({ title, problems }) => problems.map((problem) => `${title}: ${problem}`)),
      `one each of ${names.map((name) => name.toLowerCase()).join(", ")}, on ${compared.length} kinds of answers`,
      HEADERS_TODO,
      {
        kind: "table",
        title: "Headers by kind of answer",
        columns: ["Header", ...compared.map(({ title }) => title)],
        rows: names.map((name, row) => [name, ...compared.map(({ cells }) => cells[row] ?? "")]),
      },
    );
  },
};

const grade: Probe = {
  line: "RB-1.3",
  name: "headers-grade",
  title: "The headers earn an A+ by securityheaders.com's published rules",
  needs: ["edge"],
  async run({ settings, systems }) {
    const answer = await systems.edge({ path: HEALTH_PATH, from: systems.ownAddress() });
    const { grade: earned, rows, notes } = gradeHeaders(answer.headers);
    const stage = settings.edge.hsts.ramp.at(-1);
    return judge(
      earned === "A+" ? [] : [`grade ${earned}: ${notes.join("; ") || "headers are missing"}`],
      `grade ${earned}${notes.length === 0 ? "" : `; ${notes.join("; ")}`}${stage === undefined ? "" : ` (stage of the HSTS ramp since ${stage.since})`}`,
      HEADERS_TODO,
      { kind: "table", title: `Grade ${earned}`, columns: ["Header", "Value", "Verdict"], rows },
    );
  },
};

const logs: Probe = {
  line: "RB-1.4",
  name: "log-format",
  title: "Pods log requests in the combined format, and nothing verbose",
  needs: ["cluster"],
  async run(context) {
    const { settings, systems } = context;
    const cluster = await systems.cluster();
    const running = await serverPods(context);
    if (running.length === 0) return undetermined("no pod runs", "Wait for the rollout, or see the probe pods.");
    const read = await Promise.all(
      running.map(async ({ metadata: { name: pod } }) => {
        const of = { namespace: settings.cluster.namespace, pod, container: SERVER_NAME };
        const access = judgeAccessLog(await cluster.file(of, `${LOG_DIRECTORY}/access.log`, LOG_BYTES));
        const output = judgeProcessLog(await cluster.log(of, LOG_LINES));
        return { pod, access, output };
      }),
    );
    const problems = read.flatMap(({ pod, access, output }) => [
      ...access.wrong.map((line) => `${pod}: access.log has a line that is not combined: ${line}`),
      ...output.wrong.map((line) => `${pod}: printed a verbose line: ${line}`),
    ]);
    const count = read.reduce((sum, { access }) => sum + access.lines, 0);
    if (count === 0 && problems.length === 0) return undetermined("no pod has logged a request yet", "Send a request, then run again.");
    return judge(
      problems.slice(0, 3).concat(problems.length > 3 ? [`and ${problems.length - 3} more`] : []),
      `the last ${count} lines of ${read.length} pods' access.log are combined, and they printed nothing verbose`,
      "NODE_ENV must be production and LOG_FORMAT combined in the pods (docs/runbook/1-https.md); look for a debug line in the release.",
      {
        kind: "table",
        title: "Logs",
        columns: ["Pod", "Lines of access.log", "Not combined", "Verbose"],
        rows: read.map(({ pod, access, output }) => [pod, String(access.lines), String(access.wrong.length), String(output.wrong.length)]),
      },
    );
  },
};

export const httpsProbes: readonly Probe[] = [pods, redirect, headers, grade, logs];
