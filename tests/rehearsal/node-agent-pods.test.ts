/** One pod at a time under the node agent, against a real control plane: what a container sees, how it starts, waits and ends. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "../../rehearsal/node-agent/objects";
import { CONTAINER_BASICS, INGRESS_CLASS, NAMESPACE, NodeCluster } from "../helpers/node-cluster";

let cluster: NodeCluster;
/** A folder some levels below /tmp, as a clone may lie there. */
const deepFolder = join(mkdtempSync("/tmp/node-agent-"), "a", "programs");
beforeAll(async () => {
  mkdirSync(deepFolder, { recursive: true });
  chmodSync(join(deepFolder, "..", ".."), 0o700);
  writeFileSync(join(deepFolder, "hello"), "#!/bin/sh\necho hello from $PWD\n", { mode: 0o755 });
  cluster = await NodeCluster.start({
    "test/any:deep": { command: ["hello"], workingDirectory: deepFolder, path: [deepFolder], folders: [deepFolder] },
    "test/any:with-command": { command: ["echo", "the image's own"], workingDirectory: "/usr", path: [], folders: [] },
  });
}, 120_000);
afterAll(async () => {
  await cluster.stop();
  rmSync(join(deepFolder, "..", ".."), { recursive: true });
}, 30_000);

const main = (pod: Pod) => pod.status?.containerStatuses?.[0];
const ended = (pod: Pod) => pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
const shell = (script: string) => ({ command: ["sh", "-c", script] });

/** Runs a pod to its end. @returns it and what it wrote */
async function run(name: string, container: object, spec: object = {}): Promise<{ pod: Pod; log: string; exitCode: number | undefined }> {
  await cluster.createPod(name, container, spec);
  const pod = await cluster.untilPod(name, ended);
  return { pod, log: cluster.log(name), exitCode: main(pod)?.state?.terminated?.exitCode };
}

describe("a container", () => {
  it("runs as the pod's user, without a right, and writes nowhere but in its volumes", async () => {
    const { log } = await run(
      "user",
      {
        ...shell(
          "id -u; id -g; id -G; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; for f in /x /tmp/x /etc/x /usr/x /data/x; do touch $f 2>/dev/null && echo wrote $f; done; stat -c '%a %g' /data; echo $HOME $PWD; hostname",
        ),
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
      { volumes: [{ name: "data", emptyDir: {} }] },
    );
    expect(log.trim().split("\n")).toEqual([
      "10001",
      "10001",
      "10001",
      "CapEff:\t0000000000000000",
      "CapBnd:\t0000000000000000",
      "NoNewPrivs:\t1",
      "wrote /data/x",
      "2777 10001",
      "/ /",
      "user",
    ]);
  });

  it("sees the system, its image and its volumes, and no more of this machine", async () => {
    const { log } = await run(
      "view",
      shell("ls -A /; ls -A /root /home 2>&1 | wc -l; ls /proc | grep -c '^[0-9]'; env | cut -d= -f1 | sort"),
    );
    const lines = log.trim().split("\n");
    const folders = lines.slice(
      0,
      lines.findIndex((line) => /^\d+$/.test(line)),
    );
    const known = ["bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "tmp", "usr"];
    const repository = process.cwd().split("/")[1] ?? "";
    expect(folders.filter((name) => !known.includes(name))).toEqual(known.includes(repository) ? [] : [repository]);
    expect(lines.slice(-5)).toEqual(["HOME", "HOSTNAME", "LISTEN_ADDRESS", "PATH", "PWD"]);
    // Its shell and the two programs of the pipe.
    expect(Number(lines.at(-6))).toBeLessThanOrEqual(4);
  });

  it("gets variables from fields, ConfigMaps and Secrets, with references expanded in values, command and arguments", async () => {
    await cluster.api.create(cluster.path("configmaps"), { metadata: { name: "settings" }, data: { COLOUR: "blue", "a.b": "dotted" } });
    await cluster.api.create(cluster.path("secrets"), { metadata: { name: "keys" }, stringData: { TOKEN: "s3cret", OTHER: "x" } });
    const { log, pod } = await run("environment", {
      command: ["node", "-p", "JSON.stringify([process.env, process.argv.slice(1)])", "$(GREETING)"],
      args: ["$$(COLOUR)", "$(UNKNOWN)"],
      env: [
        { name: "GREETING", value: "hello-$(COLOUR)-$(P_TOKEN)" },
        { name: "COLOUR_COPY", valueFrom: { configMapKeyRef: { name: "settings", key: "COLOUR" } } },
        { name: "KEY", valueFrom: { secretKeyRef: { name: "keys", key: "OTHER" } } },
        { name: "ABSENT", valueFrom: { secretKeyRef: { name: "keys", key: "NONE", optional: true } } },
        { name: "ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "SELF", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "HOME", value: "/tmp" },
      ],
      envFrom: [
        { configMapRef: { name: "settings" } },
        { prefix: "P_", secretRef: { name: "keys" } },
        { configMapRef: { name: "not-there", optional: true } },
      ],
    });
    const podIP = pod.status?.podIP ?? "";
    expect(JSON.parse(log)).toEqual([
      {
        ADDRESS: podIP,
        COLOUR: "blue",
        COLOUR_COPY: "blue",
        GREETING: "hello-blue-s3cret",
        HOME: "/tmp",
        HOSTNAME: "environment",
        KEY: "x",
        LISTEN_ADDRESS: podIP.replace(/^10/, "127"),
        PATH: expect.stringMatching(/\/usr\/local\/sbin:\/usr\/local\/bin:\/usr\/sbin:\/usr\/bin:\/sbin:\/bin$/) as string,
        PWD: "/",
        P_OTHER: "x",
        P_TOKEN: "s3cret",
        SELF: "environment",
        "a.b": "dotted",
      },
      ["hello-blue-s3cret", "$(COLOUR)", "$(UNKNOWN)"],
    ]);
  });

  it("takes command and folder from its image when it names none", async () => {
    const { log, exitCode } = await run("image", { image: "test/any:with-command@sha256:00" });
    expect([log, exitCode]).toEqual(["the image's own\n", 0]);
  });

  it("reaches its image's folders where a volume is mounted above them and their parents are closed", async () => {
    const { log } = await run(
      "deep",
      { image: "test/any:deep", volumeMounts: [{ name: "tmp", mountPath: "/tmp" }] },
      { volumes: [{ name: "tmp", emptyDir: {} }] },
    );
    expect(log).toBe(`hello from ${deepFolder}\n`);
  });

  it("finds Secrets, ConfigMaps and its token as files with their modes, for its group and read-only", async () => {
    await cluster.api.create(cluster.path("secrets"), { metadata: { name: "files" }, stringData: { "tls.key": "key", "tls.crt": "crt" } });
    await cluster.api.create(cluster.path("configmaps"), { metadata: { name: "files" }, data: { "app.conf": "conf", two: "2" } });
    const { log } = await run(
      "files",
      {
        ...shell(
          "for f in /secret/tls.key /secret/tls.crt /config/deep/app.conf /one/app.conf /token/token /token/name; do stat -L -c '%n %a %u %g' $f; done; cat /secret/tls.key /one/app.conf /token/name; echo; ls /config; cut -d. -f2 /token/token | tr '_-' '/+' | base64 -d 2>/dev/null | grep -o '\"aud\":\\[[^]]*\\]'; touch /secret/x 2>/dev/null || echo read-only",
        ),
        volumeMounts: [
          { name: "secret", mountPath: "/secret", readOnly: true },
          { name: "config", mountPath: "/config" },
          { name: "config-all", mountPath: "/one/app.conf", subPath: "app.conf" },
          { name: "token", mountPath: "/token" },
        ],
      },
      {
        volumes: [
          { name: "secret", secret: { secretName: "files", defaultMode: 0o400 } },
          { name: "config", configMap: { name: "files", items: [{ key: "app.conf", path: "deep/app.conf", mode: 0o444 }] } },
          { name: "config-all", configMap: { name: "files" } },
          {
            name: "token",
            projected: {
              sources: [
                { serviceAccountToken: { audience: "sts.example.com", expirationSeconds: 600, path: "token" } },
                { downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
              ],
            },
          },
        ],
      },
    );
    expect(log.trim().split("\n")).toEqual([
      "/secret/tls.key 440 0 10001",
      "/secret/tls.crt 440 0 10001",
      "/config/deep/app.conf 444 0 10001",
      "/one/app.conf 644 0 10001",
      "/token/token 640 10001 10001",
      "/token/name 644 0 10001",
      "keyconffiles",
      "deep",
      '"aud":["sts.example.com"]',
      "read-only",
    ]);
  });

  it("writes to a claimed volume, which is provisioned, outlives the pod and goes with the claim", async () => {
    await cluster.api.create(cluster.path("persistentvolumeclaims"), {
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
    const volumeMounts = [{ name: "data", mountPath: "/data", subPath: "inner" }];
    await run("writer", { ...shell("echo kept > /data/file"), volumeMounts }, { volumes });
    const { log } = await run("reader", { ...shell("cat /data/file; stat -c '%U:%g %a' /data/file"), volumeMounts }, { volumes });
    // The group's right to write was added when the second pod came.
    expect(log).toBe("kept\nUNKNOWN:10001 664\n");

    const claim = await cluster.api.get<{ metadata: { uid: string }; status: object }>(cluster.path("persistentvolumeclaims", "data"));
    expect(claim.status).toEqual({ phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" } });
    const folder = join(cluster.directory, "volumes", claim.metadata.uid);
    expect(readFileSync(join(folder, "inner", "file"), "utf8")).toBe("kept\n");
    expect((statSync(folder).mode & 0o7777).toString(8)).toBe("2775");
    for (const name of ["writer", "reader"]) await cluster.api.remove(cluster.path("pods", name));
    await cluster.api.remove(cluster.path("persistentvolumeclaims", "data"));
    await cluster.until("the volume's end", () => Promise.resolve(existsSync(folder) ? undefined : true));
  });
});

describe("a pod that cannot start", () => {
  it("waits for a missing Secret and starts when it comes", async () => {
    await cluster.createPod("waits", { ...shell("echo $LATE"), envFrom: [{ secretRef: { name: "late" } }] });
    const waiting = await cluster.untilPod("waits", (pod) => main(pod)?.state?.waiting?.reason === "CreateContainerConfigError");
    expect(main(waiting)?.state?.waiting?.message).toBe('secret "late" not found');
    expect(waiting.status?.phase).toBe("Pending");
    await cluster.api.create(cluster.path("secrets"), { metadata: { name: "late" }, stringData: { LATE: "here" } });
    expect((await cluster.untilPod("waits", ended)).status?.phase).toBe("Succeeded");
    expect(cluster.log("waits")).toBe("here\n");
  });

  it("says which images there are when its own is not among them", async () => {
    await cluster.createPod("no-image", { image: "registry.example.com/other:1" });
    const pod = await cluster.untilPod("no-image", (each) => main(each)?.state?.waiting?.reason === "ImagePullBackOff");
    expect(main(pod)?.state?.waiting?.message).toBe(
      "registry.example.com/other:1 is not in the image table of the rehearsal, which has test/any, test/any:deep, test/any:with-command (rehearsal/images.ts)",
    );
    await cluster.api.remove(cluster.path("pods", "no-image"));
  });

  it("fails with 128 when its image lacks the command", async () => {
    const { pod } = await run("no-command", { command: ["/no/such/program"] });
    expect(pod.status?.phase).toBe("Failed");
    expect(main(pod)?.state?.terminated).toMatchObject({
      exitCode: 128,
      reason: "StartError",
      message: "setpriv: failed to execute /no/such/program: No such file or directory",
    });
  });

  it("is refused, with every reason, when it asks for what a local process cannot give", async () => {
    const { pod } = await run(
      "refused",
      { ...shell("echo never"), stdin: true, lifecycle: { postStart: { sleep: { seconds: 1 } } } },
      {
        hostAliases: [{ ip: "10.0.0.1", hostnames: ["x"] }],
        volumes: [{ name: "memory", emptyDir: { medium: "Memory" } }],
      },
    ).catch(async () => ({ pod: await cluster.getPod("refused") }));
    expect([pod.status?.phase, pod.status?.reason, pod.status?.message]).toEqual([
      "Failed",
      "UnsupportedPod",
      "The node agent cannot honour spec.hostAliases: not known to the node agent; " +
        'spec.volumes[0].emptyDir.medium: "Memory"; ' +
        "spec.containers[0].lifecycle.postStart: not known to the node agent; spec.containers[0].stdin: true.",
    ]);
    expect(existsSync(join(cluster.directory, "pods", `${NAMESPACE}_refused`, "main.log"))).toBe(false);
  });
});

describe("restarts", () => {
  it("start a crashing container again, after ever longer waits", async () => {
    await cluster.createPod("crashes", shell("echo run; exit 7"), { restartPolicy: "Always" });
    const pod = await cluster.untilPod(
      "crashes",
      (each) => (main(each)?.restartCount ?? 0) >= 2 && main(each)?.state?.waiting !== undefined,
    );
    expect(main(pod)?.state?.waiting).toMatchObject({
      reason: "CrashLoopBackOff",
      message: "back-off 4s restarting failed container=main pod=crashes_test",
    });
    expect(main(pod)?.lastState?.terminated).toMatchObject({ exitCode: 7, reason: "Error" });
    expect([pod.status?.phase, main(pod)?.restartCount]).toEqual(["Running", 2]);
    expect(cluster.log("crashes")).toBe("run\nrun\nrun\n");
    await cluster.api.remove(cluster.path("pods", "crashes"));
  });

  it("follow a failed liveness probe, and OnFailure ends with the first success", async () => {
    // The first life never makes the file; the second finds that it was there before.
    const script = "if [ -e /data/been ]; then exit 0; fi; touch /data/been; sleep 30";
    await cluster.createPod(
      "lives",
      {
        ...shell(script),
        volumeMounts: [{ name: "data", mountPath: "/data" }],
        livenessProbe: {
          exec: { command: ["test", "-e", "/data/alive"] },
          periodSeconds: 1,
          failureThreshold: 2,
          terminationGracePeriodSeconds: 1,
        },
      },
      { restartPolicy: "OnFailure", volumes: [{ name: "data", emptyDir: {} }] },
    );
    const pod = await cluster.untilPod("lives", ended);
    expect([pod.status?.phase, main(pod)?.restartCount, main(pod)?.lastState?.terminated?.exitCode]).toEqual(["Succeeded", 1, 143]);
    const { items } = await cluster.api.get<{ items: { reason: string; message: string }[] }>(cluster.path("events"), {
      fieldSelector: "involvedObject.name=lives,reason=Killing",
    });
    expect(items.map(({ message }) => message)).toEqual(["Container main failed liveness probe, will be restarted"]);
  });

  it("wait for the startup probe: until it succeeds the container has not started, is not ready and is not asked whether it lives", async () => {
    await cluster.createPod(
      "starts",
      {
        ...shell("sleep 2; touch /data/up; exec sleep 30"),
        volumeMounts: [{ name: "data", mountPath: "/data" }],
        startupProbe: { exec: { command: ["test", "-e", "/data/up"] }, periodSeconds: 1, failureThreshold: 20 },
        livenessProbe: { exec: { command: ["test", "-e", "/data/up"] }, periodSeconds: 1, failureThreshold: 1 },
      },
      { volumes: [{ name: "data", emptyDir: {} }] },
    );
    const before = main(await cluster.untilPod("starts", (pod) => main(pod)?.state?.running !== undefined));
    expect([before?.started, before?.ready]).toEqual([false, false]);
    const after = main(await cluster.untilPod("starts", (pod) => main(pod)?.started === true && main(pod)?.ready === true));
    expect(after?.restartCount).toBe(0);
    await cluster.api.remove(cluster.path("pods", "starts"), { gracePeriodSeconds: 0 });
  });

  it("come for init containers too, in order, before the others start", async () => {
    const mount = { volumeMounts: [{ name: "data", mountPath: "/data" }] };
    const init = (name: string, script: string) => ({ name, ...CONTAINER_BASICS, ...mount, ...shell(script) });
    const { pod } = await run(
      "init",
      { ...shell("cat /data/order"), ...mount },
      {
        restartPolicy: "OnFailure",
        volumes: [{ name: "data", emptyDir: {} }],
        initContainers: [
          init("first", "echo first >> /data/order; test $(wc -l < /data/order) -ge 2"),
          init("second", "echo second >> /data/order"),
        ],
      },
    );
    expect(cluster.log("init")).toBe("first\nfirst\nsecond\n");
    expect(pod.status?.initContainerStatuses?.map(({ name, restartCount }) => [name, restartCount])).toEqual([
      ["first", 1],
      ["second", 0],
    ]);
  });
});

describe("the end of a pod", () => {
  const trap = "trap 'echo term; exit 0' TERM; echo started; while :; do sleep 0.05; done";
  // Running is told before the program has said a word, or set a trap.
  const running = (name: string) => cluster.untilPod(name, (pod) => main(pod)?.ready === true && cluster.log(name) === "started\n");
  const gone = (name: string) =>
    cluster.until(`the end of ${name}`, async () => ((await cluster.find(cluster.path("pods", name))) === undefined ? true : undefined));

  it("is preStop, then SIGTERM, within the grace", async () => {
    const preStop = {
      exec: {
        command: ["sh", "-c", "echo pre-stop >> /data/order; sleep 0.5; echo done >> /data/order"],
      },
    };
    const script = "trap 'cat /data/order; echo term; exit 0' TERM; echo started; while :; do sleep 0.05; done";
    await cluster.createPod(
      "stops",
      { ...shell(script), lifecycle: { preStop }, volumeMounts: [{ name: "data", mountPath: "/data" }] },
      { volumes: [{ name: "data", emptyDir: {} }] },
    );
    await running("stops");
    await cluster.api.remove(cluster.path("pods", "stops"));
    await gone("stops");
    expect(cluster.log("stops")).toBe("started\npre-stop\ndone\nterm\n");
  });

  it("is SIGKILL after the grace for a container that does not listen", async () => {
    await cluster.createPod("stubborn", shell("trap '' TERM; echo started; while :; do sleep 0.05; done"), {
      terminationGracePeriodSeconds: 1,
    });
    await running("stubborn");
    const begun = Date.now();
    await cluster.api.remove(cluster.path("pods", "stubborn"));
    await gone("stubborn");
    // The grace, and the two seconds that follow SIGTERM in any case.
    expect(Date.now() - begun).toBeGreaterThan(1900);
    expect(Date.now() - begun).toBeLessThan(6000);
  });

  it("comes at once when the pod is deleted by force, and leaves no process and no Secret", async () => {
    await cluster.api.create(cluster.path("secrets"), { metadata: { name: "force" }, stringData: { key: "value" } });
    const { metadata } = await cluster.createPod("force", shell(trap), {
      volumes: [{ name: "secret", secret: { secretName: "force" } }],
    });
    await running("force");
    const record = join(cluster.directory, "pods", `${NAMESPACE}_force`, "main.process");
    const volume = join(cluster.directory, "pod-volumes", metadata?.uid ?? "");
    expect([existsSync(record), existsSync(join(volume, "secret", "key"))]).toEqual([true, true]);
    await cluster.api.remove(cluster.path("pods", "force"), { gracePeriodSeconds: 0 });
    await cluster.until("the process's end", () => Promise.resolve(existsSync(record) || existsSync(volume) ? undefined : true));
    expect(cluster.log("force")).toBe("started\n");
  });

  it("is an eviction when an emptyDir outgrows its limit", async () => {
    await cluster.createPod(
      "evicted",
      { ...shell("head -c 200000 /dev/zero > /data/big; sleep 60"), volumeMounts: [{ name: "data", mountPath: "/data" }] },
      { volumes: [{ name: "data", emptyDir: { sizeLimit: "100Ki" } }] },
    );
    const pod = await cluster.untilPod("evicted", ended);
    expect([pod.status?.reason, pod.status?.message]).toEqual(["Evicted", 'Usage of EmptyDir volume "data" exceeds the limit "100Ki".']);
  });
});

it("reports the address of Ingresses of its class, and of no other", async () => {
  const ingresses = "/apis/networking.k8s.io/v1";
  for (const [name, className] of [
    ["ours", INGRESS_CLASS],
    ["other", "other"],
  ] as const)
    await cluster.api.create(cluster.path("ingresses", undefined, ingresses), {
      metadata: { name },
      spec: { ingressClassName: className, defaultBackend: { service: { name: "web", port: { number: 80 } } } },
    });
  type Ingress = { status: { loadBalancer: { ingress?: object[] } } };
  const get = (name: string) => cluster.api.get<Ingress>(cluster.path("ingresses", name, ingresses));
  const addresses = await cluster.until("an address", async () => (await get("ours")).status.loadBalancer.ingress);
  expect(addresses).toEqual([{ ip: "127.0.0.1" }]);
  expect((await get("other")).status.loadBalancer).toEqual({});
});
