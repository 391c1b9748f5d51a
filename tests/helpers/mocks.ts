/**
 * The mock monitor of the component tests: records every resource that a component registers, with its parent, dependencies and options, and
 * answers as the real providers do where components rely on it.
 *
 * It proves what a component asks of the engine. It does not prove that a provider or a server accepts that: the engine tests and the tests
 * against a real API server do.
 */
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** What marks a secret on the wire between a program and the engine. */
const SECRET_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270";

type Properties = Record<string, unknown>;

/** A resource as the component registered it. */
export interface RecordedResource {
  /** For example `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  readonly urn: string;
  /** Logical name of its parent; undefined for an orphan. */
  readonly parent: string | undefined;
  /** False for components. */
  readonly custom: boolean;
  /** Inputs; secrets are still wrapped: {@link isSecret}, {@link reveal}. */
  // Tests look deep into inputs of a hundred types: `any` spares a cast at each step.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly inputs: Record<string, any>;
  /** Logical names of what it depends on, explicitly or by its inputs; sorted. */
  readonly dependsOn: readonly string[];
  /** Provider reference `urn::id`; empty: the default provider. */
  readonly provider: string;
  readonly options: {
    readonly protect: boolean;
    readonly retainOnDelete: boolean;
    readonly deleteBeforeReplace: boolean;
    readonly ignoreChanges: readonly string[];
    /** Id under which it is imported; empty: it is not. */
    readonly importId: string;
    readonly additionalSecretOutputs: readonly string[];
  };
}

/** Settings of {@link startMocks}. */
export interface MockOptions {
  /** @default "maestroverse-ops" */
  readonly project?: string;
  /** @default "test" */
  readonly stack?: string;
  /** Whether `pulumi.runtime.isDryRun()`. @default false */
  readonly preview?: boolean;
  /** Whether, in such a preview, nothing exists yet: ids, and outputs that are no inputs, are unknown. @default false */
  readonly first?: boolean;
  /** Answers of provider functions by token, for example `aws:index/getRegion:getRegion`. Any other call fails the test. */
  readonly calls?: Readonly<Record<string, (inputs: Properties) => Properties>>;
  /** Outputs beside the inputs and {@link defaultOutputs}. */
  readonly outputs?: (resource: { readonly type: string; readonly name: string; readonly inputs: Properties }) => Properties;
}

/** What a component registered. */
export interface Recorder {
  /** In the order of registration. */
  readonly resources: readonly RecordedResource[];
  /** Resources of a type, in the order of registration. */
  resourcesOf(type: string): RecordedResource[];
  /** The resource with this logical name (and type, where a component and a child share a name). @throws Error when not exactly one */
  resource(name: string, type?: string): RecordedResource;
  /** `type name` of the direct children of a parent, sorted. */
  childrenOf(parent: string): string[];
  /**
   * Runs what creates resources and waits until everything is registered.
   *
   * A rejected registration or `apply` is an unhandled rejection, which jest counts as the running test's failure.
   *
   * @throws the constructor's error as it is
   */
  run<T>(create: () => T | Promise<T>): Promise<T>;
}

/** Starts a fresh mock monitor; call it before each component. */
export async function startMocks(options: MockOptions = {}): Promise<Recorder> {
  const resources: RecordedResource[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        const given = { ...(inputs as Properties), ...foundInputs(type, id ?? "") };
        if (options.first === true) return { id: "", state: given };
        return { id: idOf(name), state: { ...defaultOutputs(type, name), ...given, ...options.outputs?.({ type, name, inputs: given }) } };
      },
      call: ({ token, inputs }) => {
        const answer = options.calls?.[token];
        if (answer === undefined) throw unexpectedCall(token);
        return answer(inputs as Properties);
      },
    },
    options.project ?? "maestroverse-ops",
    options.stack ?? "test",
    options.preview ?? false,
  );
  record(resources);
  return {
    resources,
    resourcesOf: (type) => resources.filter((resource) => resource.type === type),
    resource: (name, type) => {
      const found = resources.filter((resource) => resource.name === name && (type === undefined || resource.type === type));
      const [only] = found;
      if (only === undefined || found.length > 1)
        throw new Error(`${found.length} resources ${name}; there are: ${resources.map((each) => `${each.type} ${each.name}`).join(", ")}`);
      return only;
    },
    childrenOf: (parent) =>
      resources
        .filter((resource) => resource.parent === parent)
        .map(({ type, name }) => `${type} ${name}`)
        .sort(),
    run: async (create) => {
      try {
        return await create();
      } finally {
        // Waits until no registration is under way.
        await pulumi.runtime.disconnect();
        // Node.js reports rejections after the microtasks of a turn: let jest hear of them while this test runs.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** Whether an input, or a value inside one, is a secret to the engine. */
export function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && (value as Properties)[SECRET_KEY] === SECRET_MARK;
}

/** A value without its secret wrappers, at any depth: what the provider sees. */
export function reveal<T = unknown>(value: unknown): T {
  if (isSecret(value)) return reveal((value as { value: unknown }).value);
  if (Array.isArray(value)) return value.map((item) => reveal(item)) as T;
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reveal(item)])) as T;
  return value as T;
}

/** Wraps a value as a secret, for outputs that the real provider marks. */
function asSecret(value: unknown): Properties {
  return { [SECRET_KEY]: SECRET_MARK, value };
}

/** The value of an output; secrets are unwrapped. Ask `pulumi.isSecret` for its secrecy. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve as (value: unknown) => void);
  });
}

/** Id that the mock gives a resource. */
export function idOf(name: string): string {
  return `${name}-id`;
}

/** ARN that the mock gives a resource of AWS. */
export function arnOf(name: string): string {
  return `arn:aws:mock:us-east-1:111122223333:${name}`;
}

/** The base64 value that the mock gives a `random` resource: fixed by its name, as long as 64 random bytes are. */
export function randomOf(name: string): string {
  return createHash("sha512").update(name).digest("base64");
}

/** Pulumi shows the `details` of an invoke's error and drops its message. */
function unexpectedCall(token: string): Error {
  const details = `unexpected call of ${token}; give startMocks an answer in \`calls\`, or do not call it`;
  return Object.assign(new Error(details), { details });
}

/** Values in the version of the secret that an adopting program imports. */
export const ADOPTED = Object.fromEntries(
  ["MAESTROVERSE_PEPPER", "JWT_SECRET", "SESSION_SECRET", "CSRF_SECRET"].map((name) => [name, randomOf(`adopted-${name}`)]),
);

/** Inputs that the engine takes from what it imports: the program ignores changes of them. */
function foundInputs(type: string, importId: string): Properties {
  if (type !== "aws:secretsmanager/secretVersion:SecretVersion" || importId === "") return {};
  return { secretString: asSecret(JSON.stringify(ADOPTED)) };
}

/** Outputs that components rely on and that are no inputs. */
function defaultOutputs(type: string, name: string): Properties {
  if (type === "random:index/randomBytes:RandomBytes" || type === "random:index/randomPassword:RandomPassword") {
    const value = randomOf(name);
    return { base64: asSecret(value), hex: asSecret(Buffer.from(value, "base64").toString("hex")), result: asSecret(value) };
  }
  if (type === "aws:secretsmanager/secretVersion:SecretVersion") return { arn: arnOf(name), secretArn: arnOf(name) };
  if (type.startsWith("aws:")) return { arn: arnOf(name), ...(type === "aws:kms/key:Key" ? { keyId: idOf(name) } : {}) };
  return {};
}

/** Part of the engine's protocol that {@link record} reads. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getProvider(): string;
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
  getDeletebeforereplace(): boolean;
  getIgnorechangesList(): string[];
  getImportid(): string;
  getAdditionalsecretoutputsList(): string[];
  getDependenciesList(): string[];
  getObject(): { toJavaScript(): Properties } | undefined;
}
type Callback = (error: Error | null, response?: { getUrn(): string }) => void;

/** `setMocks` shows neither parents nor dependencies nor options: listen to the requests themselves. */
function record(resources: RecordedResource[]): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: RegisterRequest, callback: Callback): Promise<void>;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (response !== undefined)
        resources.push({
          type: request.getType(),
          name: request.getName(),
          urn: response.getUrn(),
          parent: request.getParent() === "" ? undefined : logicalName(request.getParent()),
          custom: request.getCustom(),
          inputs: { ...request.getObject()?.toJavaScript(), ...foundInputs(request.getType(), request.getImportid()) },
          dependsOn: [...new Set(request.getDependenciesList().map(logicalName))].sort(),
          provider: request.getProvider(),
          options: {
            protect: request.getProtect() === true,
            retainOnDelete: request.getRetainondelete() === true,
            deleteBeforeReplace: request.getDeletebeforereplace(),
            ignoreChanges: request.getIgnorechangesList(),
            importId: request.getImportid(),
            additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
          },
        });
      callback(error, response);
    });
}

function logicalName(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
