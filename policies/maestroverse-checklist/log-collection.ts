/** What Datadog's agent is told of a container's logs: an annotation of its pod. */
import type { Container, PodTemplate } from "../lib/kubernetes";
import { json, list, text } from "../lib/read";
import type { Problem } from "../lib/rule";

/** The annotation of a container. */
export interface LogAnnotation {
  /** Path of the annotation, for messages. */
  readonly field: string;
  /** Its text; undefined: there is none. */
  readonly found: string | undefined;
  /** What it tells to read, each an object. */
  readonly sources: readonly unknown[];
}

/** What the agent is told of a container. */
export function logAnnotation({ path, metadata }: PodTemplate, { name }: Container): LogAnnotation {
  const annotation = `ad.datadoghq.com/${name}.logs`;
  const found = text(metadata, "annotations", annotation);
  return { field: `${path.replace(/spec$/, "")}metadata.annotations["${annotation}"]`, found, sources: list(json(found)) };
}

/** What is wrong where the agent is not told to read this; undefined: nothing. */
export function uncollected({ field, found, sources }: LogAnnotation, wanted: Readonly<Record<string, string>>): Problem | undefined {
  const told = sources.some((each) => Object.entries(wanted).every(([key, value]) => text(each, key) === value));
  return told ? undefined : { field, found, fix: `Set it to ${JSON.stringify([wanted])}.` };
}
