/** The three probes of a container: which is asked when, and what follows from it. */
import { keepProbing, type ProbeTarget } from "./probe";

/** What the probes lead to. */
export interface ProbeReports {
  /** The startup probe has succeeded. */
  started(): void;
  ready(ready: boolean): void;
  /** A single failure; `kind` for people. */
  failed(kind: "Startup" | "Liveness" | "Readiness", message: string): void;
  /** The container is to be restarted. @param graceSeconds the probe's own; absent: the pod's */
  restart(kind: "startup" | "liveness", graceSeconds: number | undefined): void;
}

/**
 * Asks a container's probes.
 *
 * @param running aborted when its process is gone
 * @param killing aborted when its process is being ended
 */
export function probeContainer(target: ProbeTarget, running: AbortSignal, killing: AbortSignal, reports: ProbeReports): void {
  const { startupProbe, readinessProbe, livenessProbe } = target.container;
  const until = AbortSignal.any([running, killing]);
  const afterStart = () => {
    if (livenessProbe !== undefined)
      void keepProbing(livenessProbe, target, until, {
        decided: (alive) => alive || reports.restart("liveness", livenessProbe.terminationGracePeriodSeconds),
        failed: (message) => reports.failed("Liveness", message),
      });
    if (readinessProbe === undefined) return reports.ready(true);
    // Asked until the process is gone: a pod that is being stopped may still serve.
    void keepProbing(readinessProbe, target, running, {
      decided: (ready) => reports.ready(ready),
      failed: (message) => reports.failed("Readiness", message),
    });
  };
  if (startupProbe === undefined) return afterStart();
  const decided = new AbortController();
  void keepProbing(startupProbe, target, AbortSignal.any([until, decided.signal]), {
    decided: (started) => {
      decided.abort();
      if (!started) return reports.restart("startup", startupProbe.terminationGracePeriodSeconds);
      reports.started();
      afterStart();
    },
    failed: (message) => reports.failed("Startup", message),
  });
}
