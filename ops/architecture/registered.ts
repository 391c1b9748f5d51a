/** What the program registers with the engine, asked of the program itself: no engine, no plugin, no credential. */
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../config";
import { PROJECT } from "../engine";

/** A resource, or a component. */
export interface Registered {
  /** For example `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  readonly name: string;
  /** Logical name of the component that it is a part of; undefined: of none. */
  readonly parent: string | undefined;
  /** Logical names of what it needs, sorted. */
  readonly needs: readonly string[];
}

/** Part of the engine's protocol. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDependenciesList(): string[];
}

/** Runs the program with these settings as a first preview would. Once in a process: the program is module-level code. */
export async function registeredResources(settings: Settings): Promise<Registered[]> {
  const resources: Registered[] = [];
  await pulumi.runtime.setMocks(
    { newResource: ({ inputs }) => ({ id: "", state: inputs as object }), call: ({ inputs }) => inputs as object },
    PROJECT,
    settings.environment,
    true,
  );
  // setMocks tells neither parents nor dependencies: listen to the requests themselves.
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: RegisterRequest, callback: unknown): Promise<void>;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    const parent = request.getParent();
    resources.push({
      type: request.getType(),
      name: request.getName(),
      parent: parent === "" ? undefined : logicalName(parent),
      needs: [...new Set(request.getDependenciesList().map(logicalName))].sort(),
    });
    return register(request, callback);
  };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [`${PROJECT}:${key}`, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
  );
  await import("../../index.js");
  // Waits until no registration is under way.
  await pulumi.runtime.disconnect();
  return resources.sort((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`, "en"));
}

const logicalName = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);
