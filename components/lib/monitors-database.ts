/** Monitors of PostgreSQL. */
import type { MonitorRow, MonitorTableArgs } from "./monitors";
import { commandsOf, NOT_OF_TRAFFIC, percent } from "./monitors-shared";
import { SERVER_NAME } from "./web-pod";

/** Percent of the database's disk: at 100 it stops, and 15 leave a day to make room. */
const DISK_PERCENT = 85;
/** Seconds that a replica may be behind. */
const LAG_SECONDS = 60;
/** Deadlocks in 15 minutes: one is bad luck, several are a code path. */
const DEADLOCKS = 5;
/** Seconds that a transaction may be open. The nightly dump is one of an hour, and old ones keep vacuum from its work. */
const TRANSACTION_SECONDS = 3 * 3600;
/** Transactions left until PostgreSQL refuses to write. Autovacuum keeps it near 2 thousand millions less 200. */
const LEFT_UNTIL_WRAPAROUND = 500_000_000;

/** The rows. */
export function databaseRows(args: MonitorTableArgs): Record<string, MonitorRow> {
  const { environment, databaseHost, databaseName, backupMethod, usableConnections } = args;
  const env = `env:${environment}`;
  const server = `{${env},server:${databaseHost}}`;
  const { kubectl, psql } = commandsOf(args);
  const common = { panel: "database", section: 6, lowTraffic: NOT_OF_TRAFFIC } as const;
  const sessions = psql("SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC");
  const sizes = psql(
    "SELECT relname, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' ORDER BY pg_total_relation_size(oid) DESC LIMIT 10",
  );
  const oldest = psql(
    "SELECT pid, usename, state, now() - xact_start AS open FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY 4 DESC LIMIT 10",
  );
  return {
    "database-connections": {
      ...common,
      title: "Database connections (percent of those that are not reserved)",
      source: { window: "avg(last_10m)", metric: `100 * sum:postgresql.connections${server} / ${usableConnections}` },
      comparator: ">",
      thresholds: percent(args.databaseConnectionsPercent),
      onMissingData: "show_and_notify_no_data",
      maintenance: "pages",
      priority: 2,
      meaning: `The database soon refuses connections (${usableConnections} of max_connections are not reserved). No data: the agent does not reach it.`,
      firstCommands: [
        sessions,
        psql("SELECT pid, usename, now() - xact_start AS open FROM pg_stat_activity WHERE state LIKE 'idle in%' ORDER BY 3 DESC LIMIT 20"),
        `${kubectl} get hpa ${SERVER_NAME}`,
      ],
    },
    "replication-lag": {
      ...common,
      title: "How far a database replica is behind (seconds)",
      source: { window: "min(last_10m)", metric: `max:postgresql.replication_delay{${env}}` },
      comparator: ">",
      thresholds: percent(LAG_SECONDS),
      onMissingData: "resolve",
      maintenance: "muted",
      priority: 2,
      meaning:
        "A replica falls behind: what was written last would be lost if the primary were lost now. Without a replica this is silent.",
      firstCommands: [
        psql("SELECT client_addr, state, replay_lag, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS bytes FROM pg_stat_replication"),
        psql("SELECT slot_name, active, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) AS bytes FROM pg_replication_slots"),
        oldest,
      ],
    },
    "database-disk": {
      ...common,
      title: "Disk of the database (percent)",
      source: {
        window: "min(last_15m)",
        metric:
          backupMethod === "pg_dump"
            ? `100 * max:system.disk.in_use${server}`
            : `100 - 100 * min:aws.rds.free_storage_space{${env}} / min:aws.rds.total_storage_space{${env}}`,
      },
      comparator: ">",
      thresholds: percent(DISK_PERCENT),
      onMissingData: "resolve",
      maintenance: "pages",
      priority: 2,
      meaning: "The database's disk fills up. When it is full PostgreSQL stops, and the API with it.",
      firstCommands: [
        sizes,
        psql("SELECT slot_name, active, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) FROM pg_replication_slots"),
        psql(
          "SELECT datname, pg_size_pretty(pg_database_size(oid)), pg_size_pretty(temp_bytes) FROM pg_database JOIN pg_stat_database USING (datname)",
        ),
      ],
    },
    deadlocks: {
      ...common,
      title: "Deadlocks in the database (in 15 minutes)",
      source: {
        window: "sum(last_15m)",
        metric: `sum:postgresql.deadlocks.count{${env},server:${databaseHost},db:${databaseName}}.as_count()`,
      },
      comparator: ">",
      thresholds: { critical: DEADLOCKS, criticalRecovery: 1 },
      onMissingData: "resolve",
      maintenance: "pages",
      priority: 3,
      meaning: "Transactions wait for each other, and PostgreSQL ends one of each pair: those users met an error.",
      firstCommands: [
        psql(
          "SELECT pid, wait_event_type, pg_blocking_pids(pid), left(query, 60) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0",
        ),
        psql("SELECT datname, deadlocks, stats_reset FROM pg_stat_database WHERE deadlocks > 0"),
        `${kubectl} rollout history deploy/${SERVER_NAME}`,
      ],
    },
    "transaction-age": {
      ...common,
      title: "Age of the database's oldest transaction (seconds)",
      source: { window: "min(last_10m)", metric: `max:postgresql.activity.xact_start_age${server}` },
      comparator: ">",
      thresholds: percent(TRANSACTION_SECONDS),
      onMissingData: "resolve",
      maintenance: "pages",
      priority: 3,
      meaning: "A transaction has been open for hours: vacuum waits for it, tables swell, and a migration would wait for its locks.",
      firstCommands: [oldest, sessions, `${kubectl} get jobs,pods -l app.kubernetes.io/name=maestroverse-backup`],
    },
    wraparound: {
      ...common,
      title: "Transactions left until the database refuses to write",
      source: { window: "max(last_1h)", metric: `min:postgresql.before_xid_wraparound${server}` },
      comparator: "<",
      thresholds: {
        critical: LEFT_UNTIL_WRAPAROUND,
        criticalRecovery: LEFT_UNTIL_WRAPAROUND + 50_000_000,
        warning: 2 * LEFT_UNTIL_WRAPAROUND,
        warningRecovery: 2 * LEFT_UNTIL_WRAPAROUND + 50_000_000,
      },
      onMissingData: "resolve",
      maintenance: "pages",
      priority: 2,
      meaning: "Vacuum does not keep up: in days or weeks PostgreSQL would stop taking writes to save its data.",
      firstCommands: [
        psql("SELECT datname, age(datfrozenxid) FROM pg_database ORDER BY 2 DESC"),
        psql(
          "SELECT relname, age(relfrozenxid), last_autovacuum FROM pg_class JOIN pg_stat_user_tables USING (relname) ORDER BY 2 DESC LIMIT 10",
        ),
        oldest,
      ],
    },
  };
}
