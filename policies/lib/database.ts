/** Kinds that are, or belong to, a database server of AWS. */

/** When a stack has none. */
export const NO_RDS = "backups.method pg_dump: the database server is somebody else's.";
/** A server that is alone. */
export const INSTANCE = "aws:rds/instance:Instance";
/** A group of servers with one store. */
export const CLUSTER = "aws:rds/cluster:Cluster";
/** A server of a group. */
export const CLUSTER_INSTANCE = "aws:rds/clusterInstance:ClusterInstance";
