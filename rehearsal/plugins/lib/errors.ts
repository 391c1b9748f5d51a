/** Errors as the engine wants them: a gRPC status with a message for people, and the state of a resource that exists but is not ready. */
import * as grpc from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";

import type { Properties } from "./contract";
import { encode } from "./wire";

/** What an error says, without a stack trace; an error that only groups others (a refused connection does) says theirs. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map(messageOf))].join("; ");
  }
  if (!(error instanceof Error)) return String(error);
  if (error.message !== "") return error.message;
  return "code" in error ? String(error.code) : error.name;
}

/** The status for an operation that failed. */
export function failure(message: string): Partial<grpc.StatusObject> {
  return { code: grpc.status.UNKNOWN, details: message };
}

/** A resource that exists, whose marked properties the engine shall record, but that is not ready. */
export interface Unready {
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs: Properties;
  readonly reasons: readonly string[];
}

/**
 * The status for a resource that exists but is not ready. gRPC for Node.js has no API for a status' details: they travel as a status
 * message in this header, where the engine's Go library looks for them.
 */
export function unready(resource: Unready): Partial<grpc.StatusObject> {
  const detail = new ErrorResourceInitFailed();
  detail.setId(resource.id);
  detail.setProperties(encode(resource.outputs));
  detail.setInputs(encode(resource.inputs));
  detail.setReasonsList([...resource.reasons]);
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(resource.reasons.join("; "));
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: status.getMessage(), metadata };
}
