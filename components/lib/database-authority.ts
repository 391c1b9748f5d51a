/** The certificates that the database's is checked against (`sslmode=verify-full`, runbook §2), and how pods get them. */
import { X509Certificate } from "node:crypto";
import type * as k8s from "@pulumi/kubernetes";
import { contentTag } from "./content-tag";

/** Where the certificates come from: exactly one of the two. */
export interface CertificateAuthority {
  /** Certificates of authorities, PEM. Pods get them as a file. */
  readonly pem?: string | undefined;
  /** File that every image with a database client has. */
  readonly imageFile?: string | undefined;
}

/** Folder of the mounted file. */
const DIRECTORY = "/etc/maestroverse/database-authority";
const FILE = "ca.pem";
const VOLUME = "database-authority";

/** Path of the certificates in a pod. A missing file is an error at the first connection, never a connection without a check. */
export function authorityFile({ imageFile }: CertificateAuthority): string {
  return imageFile ?? `${DIRECTORY}/${FILE}`;
}

/** Name of the ConfigMap with the certificates: another one whenever they change. */
export function authorityConfigMapName(pem: string): string {
  return `maestroverse-database-authority-${contentTag(pem)}`;
}

/** Its data. */
export function authorityConfigMapData(pem: string): Record<string, string> {
  return { [FILE]: pem };
}

/** What a pod needs to see the file; nothing where none is mounted. */
export function authorityMount(configMapName: string | undefined): {
  readonly volumes: k8s.types.input.core.v1.Volume[];
  readonly volumeMounts: k8s.types.input.core.v1.VolumeMount[];
} {
  if (configMapName === undefined) return { volumes: [], volumeMounts: [] };
  return {
    volumes: [{ name: VOLUME, configMap: { name: configMapName } }],
    volumeMounts: [{ name: VOLUME, mountPath: DIRECTORY, readOnly: true }],
  };
}

/** Problems of the certificates, one line each, without any of their text: somebody may have given a key instead. */
export function validateAuthority({
  sslMode,
  certificateAuthority,
}: {
  readonly sslMode: string;
  readonly certificateAuthority?: CertificateAuthority | undefined;
}): string[] {
  if (sslMode === "disable") return [];
  const { pem, imageFile } = certificateAuthority ?? {};
  if ((pem === undefined) === (imageFile === undefined))
    return [
      `certificateAuthority must have pem or imageFile with sslMode ${sslMode}, got ${pem === undefined ? "neither" : "both"}. ` +
        "Give the certificates that the server's is checked against, or name the file of every image that holds them.",
    ];
  if (pem === undefined) return [];
  const problem = problemOfPem(pem);
  return problem === undefined ? [] : [`certificateAuthority.pem must be certificates of authorities in PEM, got ${problem}.`];
}

function problemOfPem(pem: string): string | undefined {
  const label = /-----BEGIN (?!CERTIFICATE-----)([A-Z0-9 ]+)-----/.exec(pem)?.[1];
  if (label !== undefined) return `a ${label.toLowerCase()}, which does not belong here. Take it out, and count it as known to others`;
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (blocks === null) return "none. Copy the whole file, BEGIN and END lines included";
  for (const [index, block] of blocks.entries()) {
    try {
      const certificate = new X509Certificate(block);
      if (!certificate.ca) return `one of a server (number ${index + 1}, ${certificate.subject}). Give the authority that signed it`;
    } catch {
      return `one that cannot be read (number ${index + 1}). Copy it again`;
    }
  }
  return undefined;
}
