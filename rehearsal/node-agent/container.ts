/** The life of one container of a pod: configuration, start, probes, restarts, end. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ImageError, messageFile, sandboxOptions } from "./container-start";
import { ConfigError } from "./environment";
import type { Host } from "./host";
import { describe } from "./informer";
import type { Container, ContainerState, ContainerStatus, LifecycleHandler, Pod, TerminatedState } from "./objects";
import { probeContainer } from "./container-probes";
import { pause, runProbe } from "./probe";
import { type Exit, Sandbox } from "./sandbox";
import type { MountedVolume } from "./volumes";

/** Seconds of the first and of the longest wait before a container is started again (kubelet: 10 and 300). */
const BACK_OFF_SECONDS = { first: 1, longest: 30 };
/** Milliseconds of running after which earlier crashes are forgotten. */
const FORGET_MILLISECONDS = 120_000;
/** Milliseconds between two looks for an image, a ConfigMap or a Secret that is missing. */
const CONFIG_RETRY_MILLISECONDS = 2_000;
/** Seconds that a container has after its preStop handler, however long that took, as kubelet grants. */
const MINIMUM_GRACE_SECONDS = 2;
/** Bytes of a termination message, as kubelet takes them. */
const TERMINATION_MESSAGE_BYTES = 4096;

/** What a container needs of its pod. */
export interface ContainerContext {
  readonly host: Host;
  /** The pod as it is now. */
  readonly pod: () => Pod;
  /** Folder of the pod on this machine. */
  readonly directory: string;
  readonly volumes: () => ReadonlyMap<string, MountedVolume>;
  /** The pod's address, and the one that its processes listen on. */
  readonly address: () => { readonly podIP: string; readonly listenAddress: string };
  /** The container's status has changed. */
  readonly changed: () => void;
}

/** A container; `status` is what the pod's status tells of it. */
export class ContainerRunner {
  status: ContainerStatus;
  private sandbox: Sandbox | undefined;
  private stopping: Promise<void> | undefined;
  private graces: (() => number)[] = [];
  private crashes = 0;
  /** Ends the probes of the current process that must not outlive the wish to stop it. */
  private killing = new AbortController();

  /**
   * @param previous its status when another agent ran it
   * @param isInit whether it has to end well before others start; its probes are not asked
   */
  constructor(
    readonly spec: Container,
    private readonly context: ContainerContext,
    previous: ContainerStatus | undefined,
    private readonly isInit: boolean,
  ) {
    this.status = previous ?? {
      name: spec.name,
      image: spec.image ?? "",
      imageID: "",
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting: { reason: isInit ? "PodInitializing" : "ContainerCreating" } },
    };
    if (previous?.state?.running !== undefined) this.adopt(previous.state.running.startedAt);
  }

  /** How it ended for good; undefined while it runs or may run again. */
  get ended(): TerminatedState | undefined {
    const { terminated } = this.status.state ?? {};
    return terminated !== undefined && !this.restarts(terminated.exitCode) ? terminated : undefined;
  }

  /** Runs it until it has ended for good or the signal is aborted; {@link stop} ends the process itself. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.status.state?.terminated !== undefined) {
      if (this.ended !== undefined || !(await this.backOff(signal))) return;
    }
    for (;;) {
      const started = Date.now();
      const exit = await this.runOnce(signal);
      if (exit === undefined) return;
      if (Date.now() - started > FORGET_MILLISECONDS) this.crashes = 0;
      if (this.ended !== undefined || signal.aborted || !(await this.backOff(signal))) return;
    }
  }

  /**
   * Ends the process: preStop, SIGTERM, and SIGKILL at the end of the grace. While it is being ended, a second call can only shorten the
   * grace.
   *
   * @param graceSeconds asked anew all the time: a later deletion may shorten it
   */
  async stop(graceSeconds: () => number, reason: string): Promise<void> {
    const { sandbox } = this;
    if (sandbox === undefined) return;
    this.killing.abort();
    this.graces.push(graceSeconds);
    this.stopping ??= this.endProcess(sandbox, reason);
    await this.stopping;
  }

  private async endProcess(sandbox: Sandbox, reason: string): Promise<void> {
    this.tell("Normal", "Killing", reason);
    const begun = Date.now();
    const elapsed = () => (Date.now() - begun) / 1000;
    const grace = () => Math.min(...this.graces.map((each) => each()));
    const until = async (deadlineSeconds: () => number, done: Promise<unknown>) => {
      let over = false;
      const either = Promise.race([sandbox.exited, done]).then(() => (over = true));
      while (!over && elapsed() < deadlineSeconds()) await Promise.race([either, sleep(50)]);
    };
    const { preStop } = this.spec.lifecycle ?? {};
    if (preStop !== undefined && grace() > 0) await until(grace, this.runHandler(preStop, sandbox, grace()));
    const minimum = elapsed() + MINIMUM_GRACE_SECONDS;
    await sandbox.signal("SIGTERM");
    await until(() => (grace() === 0 ? 0 : Math.max(grace(), minimum)), sandbox.exited);
    await sandbox.signal("SIGKILL");
    await sandbox.exited;
  }

  private restarts(exitCode: number): boolean {
    const policy = this.context.pod().spec?.restartPolicy ?? "Always";
    if (this.isInit) return exitCode !== 0 && policy !== "Never";
    return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
  }

  /** The process of an agent that is gone went with it. */
  private adopt(startedAt: string | undefined): void {
    const terminated: TerminatedState = {
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "The container ended with the node agent that ran it.",
      finishedAt: now(),
      ...(startedAt === undefined ? {} : { startedAt }),
    };
    this.status = { ...this.status, ready: false, started: false, state: { terminated } };
  }

  /** One start, up to the end of the process; undefined when it was not started since the signal is aborted. */
  private async runOnce(signal: AbortSignal): Promise<Exit | undefined> {
    const { host, changed } = this.context;
    for (;;) {
      if (signal.aborted) return undefined;
      const startedAt = now();
      const containerID = `local://${randomUUID()}`;
      let sandbox: Sandbox;
      try {
        sandbox = await this.start();
      } catch (error) {
        if (error instanceof ImageError || error instanceof ConfigError) {
          await this.waitFor(error, signal);
          continue;
        }
        host.log(`${this.name()}: ${describe(error)}`);
        this.end({ exitCode: 128, startError: describe(error) }, startedAt, containerID);
        return { exitCode: 128 };
      }
      // It was asked to stop while it was being started.
      if (signal.aborted) await sandbox.signal("SIGKILL");
      this.sandbox = sandbox;
      this.killing = new AbortController();
      this.stopping = undefined;
      this.graces = [];
      const probes = new AbortController();
      const hasStartup = !this.isInit && this.spec.startupProbe !== undefined;
      this.status = {
        ...this.status,
        containerID,
        imageID: this.spec.image ?? "",
        started: !hasStartup,
        ready: !this.isInit && !hasStartup && this.spec.readinessProbe === undefined,
        state: { running: { startedAt } },
      };
      changed();
      if (!this.isInit) this.startProbes(sandbox, probes.signal);
      const exit = await sandbox.exited;
      probes.abort();
      this.sandbox = undefined;
      this.end(exit, startedAt, containerID);
      return exit;
    }
  }

  private async start(): Promise<Sandbox> {
    const { host, directory, volumes, pod, address } = this.context;
    const place = { directory, volumes: volumes(), listenAddress: address().listenAddress };
    return Sandbox.start(host.bwrap, await sandboxOptions(this.spec, withAddress(pod(), address().podIP, host.nodeAddress), host, place));
  }

  private end({ exitCode, startError }: Exit, startedAt: string, containerID: string): void {
    const message = startError ?? this.terminationMessage();
    const terminated: TerminatedState = {
      exitCode,
      reason: startError !== undefined ? "StartError" : exitCode === 0 ? "Completed" : "Error",
      startedAt,
      finishedAt: now(),
      containerID,
      ...(message === "" ? {} : { message }),
    };
    if (startError !== undefined) this.tell("Warning", "Failed", `Error: ${startError}`);
    this.status = { ...this.status, ready: false, started: false, containerID, state: { terminated } };
    this.context.changed();
  }

  /** Waits before the next start. @returns false when the signal was aborted meanwhile */
  private async backOff(signal: AbortSignal): Promise<boolean> {
    const { terminated } = this.status.state ?? {};
    const seconds = Math.min(BACK_OFF_SECONDS.first * 2 ** this.crashes++, BACK_OFF_SECONDS.longest);
    const message = `back-off ${seconds}s restarting failed container=${this.spec.name} pod=${this.name()}`;
    this.tell("Warning", "BackOff", message);
    this.wait({ reason: "CrashLoopBackOff", message }, terminated);
    await pause(seconds * 1000, signal);
    if (signal.aborted) return false;
    this.status = { ...this.status, restartCount: this.status.restartCount + 1 };
    return true;
  }

  private async waitFor(error: ImageError | ConfigError, signal: AbortSignal): Promise<void> {
    const { message } = error;
    const isImage = error instanceof ImageError;
    this.tell("Warning", "Failed", isImage ? `Failed to pull image: ${message}` : `Error: ${message}`);
    const again = ["ErrImagePull", "ImagePullBackOff"].includes(this.status.state?.waiting?.reason ?? "");
    const imageReason = again ? "ImagePullBackOff" : "ErrImagePull";
    this.wait({ reason: isImage ? imageReason : "CreateContainerConfigError", message });
    await pause(CONFIG_RETRY_MILLISECONDS, signal);
  }

  private wait(waiting: NonNullable<ContainerState["waiting"]>, last?: TerminatedState): void {
    const lastState = last === undefined ? {} : { lastState: { terminated: last } };
    this.status = { ...this.status, ...lastState, ready: false, started: false, state: { waiting } };
    this.context.changed();
  }

  private startProbes(sandbox: Sandbox, signal: AbortSignal): void {
    const target = { address: this.context.address().listenAddress, container: this.spec, sandbox };
    probeContainer(target, signal, this.killing.signal, {
      started: () => this.update({ started: true }),
      ready: (ready) => this.update({ ready }),
      failed: (kind, message) => this.tell("Warning", "Unhealthy", `${kind} probe failed: ${message}`),
      restart: (kind, seconds) => {
        const grace = seconds ?? this.context.pod().spec?.terminationGracePeriodSeconds ?? 30;
        void this.stop(() => grace, `Container ${this.spec.name} failed ${kind} probe, will be restarted`);
      },
    });
  }

  private update(change: { readonly ready?: boolean; readonly started?: boolean }): void {
    if (this.sandbox === undefined) return;
    this.status = { ...this.status, ...change };
    this.context.changed();
  }

  private async runHandler(handler: LifecycleHandler, sandbox: Sandbox, seconds: number): Promise<void> {
    if (handler.sleep !== undefined) return pause(handler.sleep.seconds * 1000, new AbortController().signal);
    const target = { address: this.context.address().listenAddress, container: this.spec, sandbox };
    const { success, message } = await runProbe(handler, target, seconds * 1000);
    if (!success) this.tell("Warning", "FailedPreStopHook", `PreStopHook failed: ${message}`);
  }

  private terminationMessage(): string {
    return readFileSync(messageFile(this.context.directory, this.spec)).subarray(0, TERMINATION_MESSAGE_BYTES).toString();
  }

  private tell(type: "Normal" | "Warning", reason: string, message: string): void {
    this.context.host.recorder.tell(this.context.pod(), type, reason, message);
  }

  private name(): string {
    const { name = "", namespace = "" } = this.context.pod().metadata ?? {};
    return `${name}_${namespace}`;
  }
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

/** The pod with its addresses: the API may not have them yet. */
function withAddress(pod: Pod, podIP: string, hostIP: string): Pod {
  return { ...pod, status: { ...pod.status, podIP, hostIP } };
}
