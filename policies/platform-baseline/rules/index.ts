/** The rules of the pack: Kubernetes, AWS, PostgreSQL, Datadog. */
import type { Rule } from "../../lib/rule";

/** Hardening that any reviewer expects. */
export const BASELINE_RULES: readonly Rule[] = [];
