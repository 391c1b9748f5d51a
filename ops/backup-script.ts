/** The nightly backup for a host without Kubernetes (runbook §5): the program that the CronJob runs, whole, in a script that installs itself. */
import { BACKUP_DIRECTORY } from "../components/lib/backup-names";
import { buildBackupEnvironment } from "../components/lib/backup-pod";
import { ROLE_NAMES } from "../components/lib/privileges";
import type { Settings } from "../config";
import { bundleBackupProgram } from "./backup-program";

/** Where things are on the host. */
const SCRIPT = "/usr/local/bin/maestroverse_backup.sh";
const FOLDER = "/etc/maestroverse";
const ENVIRONMENT_FILE = `${FOLDER}/backup.env`;
const AUTHORITY_FILE = `${FOLDER}/database-ca.pem`;
const CRONTAB_FILE = `${FOLDER}/backup.crontab`;
const LOG = "/var/log/maestroverse-backup.log";
/** The pod's own way to AWS; a host has another. */
const OF_THE_POD = ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"];

/**
 * The script of a stack. It holds no password: that is written into the environment's file, on the host, by whoever installs it.
 *
 * @throws Error when the stack makes no dumps
 */
export async function renderBackupScript(settings: Pick<Settings, "aws" | "backups" | "database" | "environment">): Promise<string> {
  const { backups, database, environment } = settings;
  if (backups.method === "rds")
    throw new Error(`stack ${environment} makes no dumps: backups.method is rds. Set it to pg_dump or both, or leave the backups to RDS.`);
  const { pem, imageFile } = database.certificateAuthority ?? {};
  const program = await bundleBackupProgram();
  return `#!/usr/bin/env bash
# The nightly backup of stack ${environment} on a host without Kubernetes (runbook section 5): the CronJob's program, whole, in this file.
# Rendered: npm run -s ops -- render backup-script --stack ${environment}. Change ops/backup, not this.
#
#   sudo bash ${SCRIPT.split("/").at(-1)} --install
#
# It needs Node.js 20.19 or newer, PostgreSQL's client programs, as new as the server or newer, and util-linux.
set -euo pipefail
umask 077
# cron's own PATH is short.
PATH="\${PATH:-/usr/bin:/bin}:/usr/local/bin"

# DESTDIR: another root than /.
install_here() {
  local root="\${DESTDIR:-}"
  install -D -m 755 -- "$1" "$root${SCRIPT}"
  install -d -m 700 -- "$root${FOLDER}" "$root${BACKUP_DIRECTORY}"
  cat > "$root${CRONTAB_FILE}" <<'CRONTAB'
${crontab(backups)}CRONTAB
${pem === undefined ? "" : `  cat > "$root${AUTHORITY_FILE}" <<'CERTIFICATES'\n${pem.trimEnd()}\nCERTIFICATES\n`}  if [ -e "$root${ENVIRONMENT_FILE}" ]; then
    echo "${ENVIRONMENT_FILE} stays as it is"
  else
    cat > "$root${ENVIRONMENT_FILE}" <<'ENVIRONMENT'
${environmentFile(settings, pem === undefined ? imageFile : AUTHORITY_FILE)}ENVIRONMENT
  fi
  cat <<'NEXT'
Installed. Now write the password of ${ROLE_NAMES.backup} into ${ENVIRONMENT_FILE}, run ${SCRIPT} once,
and add ${CRONTAB_FILE} to root's crontab: { crontab -l; cat ${CRONTAB_FILE}; } | crontab -
NEXT
}

if [ "\${1:-}" = --install ]; then
  install_here "$0"
  exit
fi

environment="\${MAESTROVERSE_BACKUP_ENVIRONMENT:-${ENVIRONMENT_FILE}}"
if [ ! -r "$environment" ]; then
  echo "$environment cannot be read. Install it with: sudo bash $0 --install" >&2
  exit 1
fi
case "$(stat -L -c %a -- "$environment")" in
  *00) ;;
  *)
    echo "$environment holds a password, and others than its owner may read it. Run: chmod 600 $environment" >&2
    exit 1
    ;;
esac
set -a
# shellcheck source=/dev/null
. "$environment"
set +a
exec node - <<'MAESTROVERSE_PROGRAM'
${program.trimEnd()}
MAESTROVERSE_PROGRAM
`;
}

/** What root's crontab gets. */
function crontab({ schedule, timeZone }: Pick<Settings["backups"], "schedule" | "timeZone">): string {
  const zone = timeZone === "Etc/UTC" ? "UTC" : timeZone;
  return `# cronie reads CRON_TZ. A cron that does not, as Debian's, takes the host's time: set that to ${zone} (timedatectl set-timezone ${zone}).
CRON_TZ=${zone}
${schedule} ${SCRIPT} >> ${LOG} 2>&1
`;
}

/** The program's environment: what is known of it. */
function environmentFile(
  { aws, backups, database }: Pick<Settings, "aws" | "backups" | "database">,
  authority: string | undefined,
): string {
  const known = {
    PGHOST: database.host,
    PGPORT: String(database.port),
    PGDATABASE: database.name,
    PGUSER: ROLE_NAMES.backup,
    PGSSLMODE: database.sslMode,
    ...(database.sslMode === "disable" || authority === undefined ? {} : { PGSSLROOTCERT: authority }),
    ...buildBackupEnvironment({
      bucket: backups.bucket,
      accountId: aws.accountId,
      region: aws.region,
      retentionDays: backups.retentionDays,
      ageRecipients: backups.ageRecipients,
    }),
  };
  const lines = Object.entries(known)
    .filter(([name]) => !OF_THE_POD.includes(name))
    .map(([name, value]) => `${name}=${quoted(value)}`);
  return `# The environment of ${SCRIPT}, read by bash. Mode 600: it holds a password.
${lines.join("\n")}
# The password of ${ROLE_NAMES.backup}:
PGPASSWORD=''
# AWS: nothing, where the host has a role of its own (s3:PutObject and s3:AbortMultipartUpload below the prefix, kms:GenerateDataKey and kms:Decrypt
# of the key); otherwise the profile of a file that only this user reads:
# AWS_PROFILE='maestroverse-backup'
`;
}

/** For a shell. */
const quoted = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`;
