/** Runbook §2: PostgreSQL, how to reach it, its connections and the generations of its roles. */
import { z } from "zod";
import { generation, hostname, integer, matching, overlappingGeneration } from "./values";

export const database = z.strictObject({
  host: z.union([hostname(), z.ipv4()], "a host name or an IPv4 address"),
  port: integer(1, 65535, "port"),
  name: matching(/^[a-z_][a-z0-9_]{0,62}$/, "a PostgreSQL identifier in lower case"),
  /** Administrator that Pulumi connects as; its password never stands in this file. */
  adminUser: matching(/^[a-z_][a-z0-9_]{0,62}$/, "a PostgreSQL role name in lower case"),
  /** Whether that administrator is a superuser (false on RDS). */
  adminIsSuperuser: z.boolean("true or false"),
  sslMode: z.enum(["verify-full", "disable"], "verify-full (or disable, in the rehearsal only)"),
  /** What the server's certificate is checked against: the text of the certificates, or a file that every image has; absent: no TLS. */
  certificateAuthority: z
    .strictObject({
      pem: z.string("certificates of authorities in PEM").optional(),
      imageFile: matching(/^\/[\w./-]+$/, "an absolute path without blanks").optional(),
    })
    .optional(),
  /** The server's max_connections. */
  maxConnections: integer(20, 10000, "connections"),
  /** superuser_reserved_connections and what other tools need. */
  reservedConnections: integer(3, 500, "connections"),
  /** Connections that each pod may open. */
  poolSizePerPod: integer(1, 100, "connections"),
  /** Passwords. maestro_app's is handed over: `next`, pods log in as maestro_app_handover with n+1; true, as maestro_app with n, which it has now. */
  roles: z.strictObject({ migrator: generation(), app: overlappingGeneration(), backup: generation() }),
});
