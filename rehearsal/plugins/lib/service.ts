/** The provider protocol's methods: requests in, {@link Resources} at work, responses out. */
import * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

import type { CheckFailure, DiffEntry, Properties, StandIn } from "./contract";
import { diffInputs } from "./diff";
import { EngineLog } from "./engine-log";
import { failure, messageOf, unready } from "./errors";
import { Redactor } from "./redactor";
import { type MarkedState, Resources, topLevelNames } from "./resources";
import { decode, encode, reveal } from "./wire";

/** Settings that the engine and the SDK add to every provider. */
const ENGINE_SETTINGS = ["version", "pluginDownloadURL", "pluginChecksums", "parameterization"];

const KINDS = {
  add: [proto.PropertyDiff.Kind.ADD, proto.PropertyDiff.Kind.ADD_REPLACE],
  update: [proto.PropertyDiff.Kind.UPDATE, proto.PropertyDiff.Kind.UPDATE_REPLACE],
  delete: [proto.PropertyDiff.Kind.DELETE, proto.PropertyDiff.Kind.DELETE_REPLACE],
} as const;

/** What {@link createService} makes. */
export interface Service {
  readonly methods: grpc.UntypedServiceImplementation;
  /** Ends what is under way. */
  stop(): Promise<void>;
}

/**
 * The protocol's methods for one stand-in.
 *
 * @param version The version to report: the one of the npm package, or the engine warns.
 * @param engineAddress Host and port of the engine's log service; undefined when the engine attaches later.
 */
export function createService<Client>(standIn: StandIn<Client>, version: string, engineAddress: string | undefined): Service {
  const redactor = new Redactor();
  const log = new EngineLog(redactor);
  if (engineAddress !== undefined) log.connect(engineAddress);
  const resources = new Resources(standIn, log);
  type Structs = Parameters<typeof decode>[0];

  const read = (struct: Structs): Properties => {
    const properties = decode(struct);
    redactor.learn(properties);
    return properties;
  };
  const unary =
    <Request, Response>(work: (request: Request) => Promise<Response> | Response): grpc.handleUnaryCall<Request, Response> =>
    (call, callback) => {
      Promise.resolve()
        .then(() => work(call.request))
        .finally(() => log.flush())
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(error instanceof Unready ? error.status : failure(redactor.redact(messageOf(error)))),
        );
    };
  const ready = (state: MarkedState): MarkedState => {
    if (state.unready === undefined) return state;
    throw new Unready(unready({ ...state, reasons: state.unready.map((reason) => redactor.redact(reason)) }));
  };

  const methods: grpc.UntypedServiceImplementation = {
    handshake: unary((request: proto.ProviderHandshakeRequest) => {
      log.connect(request.getEngineAddress());
      return new proto.ProviderHandshakeResponse().setAcceptSecrets(true);
    }),
    attach: unary((request: { getAddress(): string }) => {
      log.connect(request.getAddress());
      return new Empty();
    }),
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    getSchema: unary(() => new proto.GetSchemaResponse().setSchema("{}")),
    cancel: unary(async () => {
      await resources.cancel();
      return new Empty();
    }),

    checkConfig: unary((request: proto.CheckRequest) => {
      const news = read(request.getNews());
      const failures = checkSettings(standIn, reveal(ownSettings(news)));
      return new proto.CheckResponse().setInputs(encode(news)).setFailuresList(toFailures(failures, redactor));
    }),
    diffConfig: unary((request: proto.DiffRequest) => {
      const [olds, news] = [read(request.getOldInputs() ?? request.getOlds()), read(request.getNews())];
      return toDiff(diffInputs(reveal(ownSettings(olds)), reveal(ownSettings(news)), standIn.replaceOnConfigChanges), false);
    }),
    configure: unary((request: proto.ConfigureRequest) => {
      const config = reveal(ownSettings(read(request.getArgs())));
      const [problem] = checkSettings(standIn, config);
      if (problem !== undefined) throw new Error(`Provider setting ${problem.property}: ${problem.reason}`);
      resources.configure(config);
      log.write(
        request.getUrn() ?? "",
        `This is a stand-in for the ${standIn.package} plugin ${version}, good for rehearsals only.`,
        "info",
        false,
      );
      return new proto.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
    }),

    check: unary((request: proto.CheckRequest) => {
      const olds = request.getOlds() && read(request.getOlds());
      const outcome = resources.check(request.getUrn(), olds, read(request.getNews()), request.getRandomseed_asU8());
      return new proto.CheckResponse().setInputs(encode(outcome.inputs)).setFailuresList(toFailures(outcome.failures, redactor));
    }),
    diff: unary((request: proto.DiffRequest) => {
      const outcome = resources.diff(request.getUrn(), read(request.getOldInputs()), read(request.getOlds()), read(request.getNews()));
      return toDiff(outcome.entries, outcome.deleteBeforeReplace);
    }),
    create: unary(async (request: proto.CreateRequest) => {
      const [urn, inputs] = [request.getUrn(), read(request.getProperties())];
      if (request.getPreview()) return new proto.CreateResponse().setProperties(encode(resources.previewCreate(urn, inputs)));
      const state = ready(await resources.create({ urn, timeoutSeconds: request.getTimeout() }, inputs));
      return new proto.CreateResponse().setId(state.id).setProperties(encode(state.outputs));
    }),
    read: unary(async (request: proto.ReadRequest) => {
      const operation = { urn: request.getUrn(), timeoutSeconds: request.getTimeout() };
      const found = await resources.read(operation, request.getId(), read(request.getProperties()), read(request.getInputs()));
      if (found === undefined) return new proto.ReadResponse();
      const state = ready(found);
      return new proto.ReadResponse().setId(state.id).setProperties(encode(state.outputs)).setInputs(encode(state.inputs));
    }),
    update: unary(async (request: proto.UpdateRequest) => {
      const [urn, olds, news] = [request.getUrn(), read(request.getOlds()), read(request.getNews())];
      if (request.getPreview()) return new proto.UpdateResponse().setProperties(encode(resources.previewUpdate(urn, olds, news)));
      const operation = { urn, timeoutSeconds: request.getTimeout() };
      const state = ready(await resources.update(operation, request.getId(), olds, read(request.getOldInputs()), news));
      return new proto.UpdateResponse().setProperties(encode(state.outputs));
    }),
    delete: unary(async (request: proto.DeleteRequest) => {
      const operation = { urn: request.getUrn(), timeoutSeconds: request.getTimeout() };
      await resources.delete(operation, request.getId(), read(request.getProperties()));
      return new Empty();
    }),

    invoke: unary((request: proto.InvokeRequest): proto.InvokeResponse => {
      throw new Error(
        `The stand-in for the ${standIn.package} plugin does not know the function ${request.getTok()}: it has resources only.`,
      );
    }),
    getMapping: unary(() => new proto.GetMappingResponse()),
    getMappings: unary(() => new proto.GetMappingsResponse()),
  };
  for (const name of ["parameterize", "call", "construct", "list"]) {
    methods[name] = (_call: unknown, callback: grpc.sendUnaryData<never>) => callback({ code: grpc.status.UNIMPLEMENTED });
  }
  return { methods, stop: () => resources.cancel() };
}

/** Carries the status of a resource that exists but is not ready through promise chains. */
class Unready extends Error {
  constructor(readonly status: Partial<grpc.StatusObject>) {
    super("not ready");
  }
}

function ownSettings(settings: Properties): Properties {
  const own = Object.entries(settings).filter(([name]) => !ENGINE_SETTINGS.includes(name) && !name.startsWith("__"));
  return Object.fromEntries(own);
}

function checkSettings<Client>(standIn: StandIn<Client>, settings: Properties): CheckFailure[] {
  const unknown = Object.keys(settings).filter((name) => !standIn.config.includes(name));
  const reason =
    `the stand-in for the ${standIn.package} plugin does not know this setting and must not ignore it. ` +
    `It knows: ${standIn.config.join(", ")}. Use the official plugin, or teach the stand-in (rehearsal/plugins).`;
  return [...unknown.map((property) => ({ property, reason })), ...(standIn.checkConfig?.(settings) ?? [])];
}

function toFailures(failures: readonly CheckFailure[], redactor: Redactor): proto.CheckFailure[] {
  return failures.map(({ property, reason }) => new proto.CheckFailure().setProperty(property).setReason(redactor.redact(reason)));
}

function toDiff(entries: readonly DiffEntry[], deleteBeforeReplace: boolean): proto.DiffResponse {
  const response = new proto.DiffResponse()
    .setChanges(entries.length > 0 ? proto.DiffResponse.DiffChanges.DIFF_SOME : proto.DiffResponse.DiffChanges.DIFF_NONE)
    .setDiffsList(topLevelNames(entries))
    .setReplacesList(topLevelNames(entries.filter((entry) => entry.replace)))
    .setDeletebeforereplace(deleteBeforeReplace)
    .setHasdetaileddiff(true);
  for (const { path, kind, replace } of entries) {
    const detail = new proto.PropertyDiff().setKind(KINDS[kind][replace ? 1 : 0]).setInputdiff(true);
    response.getDetaileddiffMap().set(path, detail);
  }
  return response;
}
