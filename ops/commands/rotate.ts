/** `ops rotate`. */
import { Option } from "commander";
import { ROLE_NAMES, type RoleKey } from "../../components/lib/privileges";
import { rolloutSeconds } from "../../components/lib/rollout";
import { SECRET_NAMES } from "../../config";
import { openAccess } from "../access";
import type { OpsCommand } from "../cli/command";
import { confirm } from "../cli/confirm";
import {
  dryRunOption,
  examples,
  jsonOption,
  type JsonTarget,
  settingsFileOption,
  stackOption,
  textWriter,
  writeRecord,
  yesOption,
} from "../cli/flags";
import { stepShower } from "../cli/steps";
import { settingsFileOf } from "../engine";
import { readDeployed } from "../rotate/deployed";
import { dryRun } from "../rotate/dry-run";
import type { SecretName } from "../rotate/generations";
import { rotate } from "../rotate/machine";
import { refusals, type Wish, YOUNG_DAYS } from "../rotate/plan";
import { keepRecord } from "../rotate/record";
import { describeSecrets, exitCodeOfRotation, rotationText } from "../rotate/report";
import { runRotateRole } from "../rotate/role-command";
import { rolloutPace } from "../../settings/database-args";

interface Options {
  readonly stack: string;
  readonly secret?: readonly SecretName[];
  readonly all?: true;
  readonly role?: RoleKey;
  readonly dryRun: boolean;
  readonly compromised: boolean;
  readonly rollback: boolean;
  readonly again: boolean;
  readonly acceptPasswordReset?: string;
  readonly settingsFile?: string;
  readonly yes: boolean;
  readonly json?: JsonTarget;
}

export const rotateCommand: OpsCommand = {
  define(command, { signal }) {
    command
      .addOption(stackOption())
      .addOption(new Option("--secret <name...>", "secrets to rotate").choices([...SECRET_NAMES]).conflicts("all"))
      .option("--all", "all of them, with one rollout for each change")
      .addOption(
        new Option("--role <name>", "the password of a database role instead")
          .choices(Object.keys(ROLE_NAMES))
          .conflicts(["all", "secret", "rollback", "acceptPasswordReset"]),
      )
      .addOption(dryRunOption())
      .addOption(
        new Option("--compromised", "without an overlap: what the old value signed is refused at once")
          .default(false)
          .conflicts("rollback"),
      )
      .option("--rollback", "back to the value before, until it is retired", false)
      .option("--again", `also what was rotated in the last ${YOUNG_DAYS} days`, false)
      .option("--accept-password-reset <stack>", "accept that every password which needs the old pepper is lost; give the stack's name")
      .addOption(settingsFileOption())
      .addOption(yesOption())
      .addOption(jsonOption())
      .addHelpText(
        "after",
        examples(
          "npm run ops -- rotate --stack staging --secret JWT_SECRET",
          "npm run ops -- rotate --stack prod --all --dry-run",
          "npm run ops -- rotate --stack prod --secret SESSION_SECRET --compromised",
          "npm run ops -- rotate --stack prod --all --rollback",
          "npm run ops -- rotate --stack prod --role app",
        ),
      )
      .action(({ role, ...options }: Options) =>
        role === undefined
          ? run(options, signal)
          : runRotateRole(options, { role, compromised: options.compromised, again: options.again }, signal),
      );
  },
};

async function run(options: Options, signal: AbortSignal): Promise<void> {
  const { stack, json } = options;
  const settingsFile = settingsFileOf(stack, options.settingsFile);
  const access = await openAccess(stack, { settingsFile });
  const { secrets, web, cluster: clusterSettings } = access.settings;
  const wish = wishOf(options);
  const acceptsPasswordReset = options.acceptPasswordReset !== undefined;
  const problems = [
    ...(acceptsPasswordReset && options.acceptPasswordReset !== stack
      ? [`--accept-password-reset must be the stack's name, ${stack}, got ${JSON.stringify(options.acceptPasswordReset)}.`]
      : []),
    ...refusals(wish, { ...secrets, acceptsPasswordReset }),
  ];
  if (problems.length > 0) throw new Error(`${stack}: nothing was changed.\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);

  const write = textWriter(json);
  const cluster = await access.cluster();
  const deployed = await readDeployed(cluster, clusterSettings.namespace).finally(() => cluster.close());
  const now = new Date();
  const steps = dryRun(wish, {
    generations: secrets.generations,
    deployed,
    overlapSeconds: secrets.overlapSeconds,
    rolloutSeconds: rolloutSeconds(rolloutPace(web)),
    now,
  });
  write([`${stack} has`, ...describeSecrets(secrets.generations), "Steps:", ...steps.map((step) => `  ${step}`), "", ""].join("\n"));
  if (options.dryRun) {
    await writeRecord(json, { formatVersion: 1, stack, wish, steps });
    return;
  }
  await confirmCosts(options, wish, signal);
  const record = await rotate({
    stack,
    settingsFile,
    wish,
    acceptsPasswordReset,
    show: stepShower(write, process.stdout.isTTY && json !== true),
    signal,
  });
  await keepRecord(access.records, "rotation", record);
  write(`\n${rotationText(record)}`);
  await writeRecord(json, record);
  process.exitCode = exitCodeOfRotation(record);
}

/** @throws Error when no secret is named */
function wishOf({ stack, secret, all, compromised, rollback, again }: Options): Wish {
  const kind = compromised ? "compromised" : rollback ? "rollback" : "rotate";
  if (all !== true && secret === undefined)
    throw new Error(
      `Name what to rotate: --secret with ${SECRET_NAMES.join(", ")}; --role with a database role; or --all: npm run ops -- rotate --stack ${stack} --all`,
    );
  return { kind, secrets: SECRET_NAMES.filter((name) => all === true || secret?.includes(name)), again };
}

/** What it costs, and a typed word for it. @throws Error when it is not typed */
async function confirmCosts({ stack, yes }: Options, { kind, secrets }: Wish, signal: AbortSignal): Promise<void> {
  if (kind !== "compromised") return confirm({ stack, yes }, signal);
  process.stderr.write(secrets.map((name) => `  ${name}: ${COSTS[name]}\n`).join(""));
  return confirm({ stack, yes, word: `${stack} without overlap` }, signal);
}

/** What a rotation without an overlap costs. */
const COSTS: Readonly<Record<SecretName, string>> = {
  MAESTROVERSE_PEPPER: "every password is lost; everybody sets a new one",
  JWT_SECRET: "every access token is refused; clients log in again",
  SESSION_SECRET: "everybody is logged out",
  CSRF_SECRET: "open pages are refused their next change until they fetch another token",
};
