/** Lines in the engine's own display, by the engine's log service. */
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

import type { HandlerContext } from "./contract";
import type { Redactor } from "./redactor";

/** How serious a line is. */
export type Severity = NonNullable<Parameters<HandlerContext<unknown>["log"]>[1]>;

const SEVERITIES: Readonly<Record<Severity, LogSeverity>> = {
  debug: LogSeverity.DEBUG,
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
};

/** Sends lines to the engine. Losing one never fails an operation: the display is a courtesy. */
export class EngineLog {
  private client: EngineClient | undefined;
  private readonly sending = new Set<Promise<void>>();

  /** @param redactor Blots secrets out of each line. */
  constructor(private readonly redactor: Redactor) {}

  /** @param address Host and port of the engine's log service. */
  connect(address: string): void {
    this.client ??= new EngineClient(address, grpc.credentials.createInsecure());
  }

  /**
   * @param ephemeral Whether the line is progress, which the display replaces by the next one.
   */
  write(urn: string, line: string, severity: Severity, ephemeral: boolean): void {
    const { client } = this;
    if (client === undefined) return;
    const request = new LogRequest();
    request.setUrn(urn);
    request.setMessage(this.redactor.redact(line));
    request.setSeverity(SEVERITIES[severity]);
    request.setEphemeral(ephemeral);
    const sent = new Promise<void>((resolve) => client.log(request, () => resolve()));
    this.sending.add(sent);
    void sent.then(() => this.sending.delete(sent));
  }

  /** Waits until the engine has each line: it drops those that come after the operation's answer. */
  async flush(): Promise<void> {
    await Promise.all(this.sending);
  }
}
