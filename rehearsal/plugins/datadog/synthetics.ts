/** `datadog:index/syntheticsTest:SyntheticsTest`, API tests only. @see https://docs.datadoghq.com/api/latest/synthetics/ */
import type { SyntheticsAPITest } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/SyntheticsAPITest";

import type { CheckFailure, Properties } from "../lib/contract";
import { unlessGone } from "./client";
import type { Kind, Live } from "./handler";
import { at, computed, flag, integer, leaf, list, local, number, object, otherwise, required, set, type Shape, text, texts } from "./shape";
import { assertion } from "./synthetics-assertion";

const SUBTYPES = ["http", "ssl", "tcp", "dns", "icmp", "udp", "websocket", "grpc"];
const PRESETS = [
  "show_all",
  "hide_all",
  "hide_query",
  "hide_handles",
  "hide_query_and_handles",
  "show_only_snapshot",
  "hide_handles_and_footer",
];
const HTTP_VERSIONS = ["http1", "http2", "any"];

/** A port: Datadog takes a number, or a variable such as `{{ PORT }}`. */
const port: Shape = leaf("a port or a variable, as text", (value) => typeof value === "string", {
  toModel: (value: string) => (/^\d+$/.test(value) ? Number(value) : value),
  fromModel: String,
});

const request = object({
  body: text(),
  bodyType: text(),
  callType: text(["healthcheck", "unary"]),
  certificateDomains: list(text()),
  dnsServer: text(),
  dnsServerPort: port,
  form: texts(),
  host: text(),
  httpVersion: text(HTTP_VERSIONS),
  isMessageBase64Encoded: flag(),
  message: text(),
  method: text(),
  noSavingResponseBody: flag(),
  numberOfPackets: integer(0, 10),
  persistCookies: flag(),
  port,
  servername: text(),
  service: text(),
  shouldTrackHops: flag(),
  timeout: integer(),
  url: text(),
});

const options = object({
  acceptSelfSigned: flag(),
  allowInsecure: flag(),
  checkCertificateRevocation: flag(),
  ci: object({ executionRule: required(text(["blocking", "non_blocking", "skipped"])) }),
  disableAiaIntermediateFetching: flag(),
  followRedirects: flag(),
  httpVersion: text(HTTP_VERSIONS),
  ignoreServerCertificateError: flag(),
  minFailureDuration: integer(0, 7200),
  minLocationFailed: integer(1),
  monitorName: text(),
  monitorOptions: object({
    escalationMessage: text(),
    notificationPresetName: text(PRESETS),
    renotifyInterval: integer(0, 1440),
    renotifyOccurrences: integer(),
  }),
  monitorPriority: integer(1, 5),
  restrictedRoles: set(text()),
  retry: object({ count: integer(0, 5), interval: number() }),
  scheduling: object({
    timeframes: required(set(object({ day: required(integer(1, 7)), from: required(text()), to: required(text()) }))),
    timezone: required(text()),
  }),
  tickEvery: required(integer(30, 604800)),
});

const shape = object({
  name: required(text()),
  type: required(text(["api"])),
  subtype: otherwise("http", text(SUBTYPES)),
  status: required(text(["live", "paused"])),
  message: otherwise("", text()),
  tags: list(text()),
  locations: required(set(text())),
  requestDefinition: at("config.request", request),
  requestHeaders: at("config.request.headers", texts()),
  requestQuery: at("config.request.query", texts()),
  requestMetadata: at("config.request.metadata", texts()),
  assertions: at("config.assertions", list(assertion)),
  configVariables: at(
    "config.configVariables",
    list(
      object({
        name: required(text()),
        type: required(text(["global", "text", "email"])),
        id: text(),
        example: text(),
        pattern: text(),
        secure: flag(),
      }),
    ),
  ),
  variablesFromScript: at("config.variablesFromScript", text()),
  optionsList: at("options", options),
  forceDeleteDependencies: local(flag()),
  monitorId: computed(integer()),
});

function check(inputs: Properties): CheckFailure[] {
  return ["requestDefinition", "optionsList"].flatMap((property) =>
    inputs[property] === undefined ? [{ property, reason: "is missing: an API test needs it." }] : [],
  );
}

/** The library demands an `options`, a `config` and a `message`. */
const toBody = (model: Properties) => ({ options: {}, config: {}, message: "", tags: [], ...model }) as unknown as SyntheticsAPITest;
const live = (test: SyntheticsAPITest): Live => ({ id: String(test.publicId), model: test });

/** A synthetic API test. */
export const syntheticsTest: Kind = {
  shape,
  check,
  create: async ({ synthetics }, model) => live(await synthetics.createSyntheticsAPITest({ body: toBody(model) })),
  async read({ synthetics }, { id }) {
    const found = await unlessGone(synthetics.getAPITest({ publicId: id }));
    return found && live(found);
  },
  update: async ({ synthetics }, { id }, model) => live(await synthetics.updateAPITest({ publicId: id, body: toBody(model) })),
  delete: ({ synthetics }, { id, state }) =>
    unlessGone(
      synthetics.deleteTests({
        body: { publicIds: [id], ...(state["forceDeleteDependencies"] === true && { forceDeleteDependencies: true }) },
      }),
    ),
};
