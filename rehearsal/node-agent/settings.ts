/** What the agent is told: a file of JSON, since it runs as a process of its own. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const image = z.strictObject({
  command: z.array(z.string()).readonly(),
  workingDirectory: z.string(),
  path: z.array(z.string()).readonly(),
  folders: z.array(z.string()).readonly(),
});

const schema = z.strictObject({
  /** Its current context is the cluster. */
  kubeconfig: z.string(),
  /** Folder of the rehearsal. */
  directory: z.string(),
  /** Path of bubblewrap. */
  bwrap: z.string(),
  nodeName: z.string(),
  zone: z.string(),
  /** First two bytes of the pods' addresses, `10.<n>`; their processes listen on `127.<n>.x.y`. */
  podNetwork: z.string().regex(/^10\.\d{1,3}$/),
  images: z.record(z.string(), image),
  /** Services, each with the port of the loopback that stands for it. */
  services: z.array(
    z.strictObject({
      namespace: z.string(),
      name: z.string(),
      listen: z.strictObject({ address: z.ipv4(), port: z.int().min(1).max(65535) }),
    }),
  ),
  /** Ingresses of this class get this address. */
  ingress: z.strictObject({ className: z.string(), address: z.ipv4() }),
  /** Datadog, which the logs of pods that ask for it are sent to; absent: nowhere. */
  datadog: z.strictObject({ apiUrl: z.url(), keysFile: z.string(), environment: z.string() }).optional(),
});

/** The agent's settings. */
export type NodeAgentSettings = z.output<typeof schema>;

/** Reads and checks the settings. @throws Error that says what is wrong */
export function readSettings(file: string): NodeAgentSettings {
  return schema.parse(JSON.parse(readFileSync(file, "utf8")));
}

/** File in which an agent notes its pid when it looks after everything. */
export function readyFile(directory: string): string {
  return `${directory}/node-agent/ready`;
}
