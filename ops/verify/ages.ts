/** The ages that nothing else reports: of the last recovery drill that passed (runbook §5), and of every secret and database role (§3). */
import { ROLE_NAMES, type RoleKey } from "../../components/lib/privileges";
import { DRILL_AGE, SECRET_AGE } from "../../components/lib/metrics";
import type { Gauge } from "../datadog";
import { placeOf } from "../recovery/dumps";
import { storedFindings } from "../recovery/findings";
import type { ProbeContext } from "./probe";

const DAY_MILLISECONDS = 24 * 3600 * 1000;
/** Drills that are read to find one that passed: two years of monthly ones. */
const MOST_DRILLS = 24;

/** The gauges of this moment. No drill that passed: no age of one, which its monitor tells of. */
export async function ages(context: Pick<ProbeContext, "settings" | "systems" | "now">): Promise<Gauge[]> {
  const { settings, now } = context;
  const env = `env:${settings.environment}`;
  const days = (since: string) => (now.getTime() - Date.parse(since)) / DAY_MILLISECONDS;
  const rotated = [
    ...Object.entries(settings.secrets.generations),
    ...(Object.keys(ROLE_NAMES) as RoleKey[]).map((key) => [ROLE_NAMES[key], settings.database.roles[key]] as const),
  ];
  const drilledAt = await lastDrill(context);
  return [
    ...rotated.map(([name, { rotatedOn }]) => ({
      metric: SECRET_AGE,
      value: days(`${rotatedOn}T00:00:00Z`),
      tags: [env, `secret:${name.toLowerCase()}`],
    })),
    ...(drilledAt === undefined ? [] : [{ metric: DRILL_AGE, value: days(drilledAt), tags: [env] }]),
  ];
}

async function lastDrill({ systems }: Pick<ProbeContext, "systems">): Promise<string | undefined> {
  const { backupLocations } = await systems.outputs();
  if (backupLocations.primary === undefined) return undefined;
  const drills = await storedFindings(await systems.s3(), placeOf(backupLocations.primary).bucket, MOST_DRILLS);
  return drills.find(({ findings }) => findings.passed)?.findings.startedAt;
}
