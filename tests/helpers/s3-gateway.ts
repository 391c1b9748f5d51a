/**
 * Stands between the backup program and moto, and does what a network, or an S3 that is ill, does. As S3, and other than moto, it refuses what does
 * not have the checksum that is sent with it.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { BackupWorld } from "./backup-program";

export const ACCESS_DENIED = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

/** S3's words for bytes that are not those of their checksum. */
const BAD_DIGEST =
  "<Error><Code>BadDigest</Code><Message>The SHA256 you specified did not match the calculated checksum.</Message></Error>";

/** What is done to a request; nothing: it is passed on. */
export interface Treatment {
  /** Answers 403 with this XML. */
  readonly refuse?: string;
  /** Never answers. */
  readonly stall?: boolean;
  /** Waits for it before it passes the request on. */
  readonly after?: Promise<unknown>;
  /** Changes what is sent. */
  readonly body?: (body: Buffer) => Buffer;
  /** Changes what is answered. */
  readonly answer?: (text: string) => string;
  readonly answerHeaders?: Readonly<Record<string, string>>;
}

/** A gateway that runs. */
export interface S3Gateway {
  /** The requests so far: method, what follows the prefix, with neither time nor upload's number. */
  readonly calls: string[];
  /** What leads the program to it. */
  readonly environment: { readonly AWS_ENDPOINT_URL_S3: string };
  stop(): Promise<unknown>;
}

/** @param treat says what is done to a request, and how many like it came before */
export async function startS3Gateway(world: BackupWorld, treat: (call: string, before: number) => Treatment): Promise<S3Gateway> {
  const calls: string[] = [];
  const { hostname, port } = await world.s3.config.endpoint!();
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const call = `${incoming.method} ${nameOf(incoming.url ?? "").split(world.prefix())[1]}`;
    const { refuse, stall, after, body, answer, answerHeaders } = treat(call, calls.filter((each) => each === call).length);
    calls.push(call);
    const sent = await buffer(incoming);
    if (stall === true) return;
    const fail = (status: number, xml: string) => void outgoing.writeHead(status, { "content-type": "application/xml" }).end(xml);
    if (refuse !== undefined) return fail(403, refuse);
    await after;
    const { method, url: path, headers } = incoming;
    const arrived = body?.(sent) ?? sent;
    const checksum = headers["x-amz-checksum-sha256"];
    if (checksum !== undefined && checksum !== createHash("sha256").update(arrived).digest("base64")) return fail(400, BAD_DIGEST);
    const inner = await new Promise<IncomingMessage>((resolve, reject) =>
      request({ hostname, port, method, path, headers }, resolve).once("error", reject).end(arrived),
    );
    const text = await buffer(inner);
    const ofLength = ["content-length", "transfer-encoding"];
    const kept = Object.entries(inner.headers).filter(([name]) => !ofLength.includes(name));
    outgoing.writeHead(inner.statusCode ?? 500, { ...Object.fromEntries(kept), ...answerHeaders });
    outgoing.end(answer === undefined ? text : answer(text.toString()));
  };
  // Who was killed in the middle of a request does not hear the answer.
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing).catch(() => outgoing.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    calls,
    environment: { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

const nameOf = (url: string) =>
  url
    .replace(/\d{8}-\d{4}/, "…")
    .replace(/uploadId=[^&]*/, "uploadId=…")
    .replace(/[?&]x-id=\w+/, "")
    .replace(/=$/, "");
