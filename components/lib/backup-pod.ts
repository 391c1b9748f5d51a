/** The nightly dump's pod (runbook §5): pure builders. */
import type * as k8s from "@pulumi/kubernetes";
import { BACKUP_DIRECTORY, BACKUP_NAME, BACKUP_PREFIX, BACKUP_VOLUME_CLAIM, backupKeyAliasArn, roleArn } from "./backup-names";
import { authorityMount } from "./database-authority";
import { type DatabaseNetwork, TO_DNS, TO_PUBLIC_HTTPS, toDatabase } from "./network-policy";
import { CONTAINER_SECURITY_CONTEXT, POD_SECURITY_CONTEXT, TMP_MOUNT, TMP_VOLUME } from "./pod-security";

/** Where the token for AWS is mounted; the path and the volume's name are those of EKS's own webhook, which then adds nothing. */
const TOKEN_DIRECTORY = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
const TOKEN_VOLUME = "aws-iam-token";
/** Seconds that a token is good for; the kubelet renews it before. Kubernetes' minimum is 600. */
const TOKEN_SECONDS = 3600;
/** Credentials that moto accepts. Not a secret: they exist only where an endpoint on the loopback stands in for S3. */
const REHEARSAL_CREDENTIALS = { AWS_ACCESS_KEY_ID: "rehearsal", AWS_SECRET_ACCESS_KEY: "rehearsal" };

/** What the pod's environment is made of. */
export interface BackupEnvironmentArgs {
  readonly bucket: string;
  readonly accountId: string;
  readonly region: string;
  readonly retentionDays: number;
  /** Public keys of age that dumps are encrypted for; none: they are not. */
  readonly ageRecipients: readonly string[];
  /** S3 endpoint instead of AWS's own; rehearsal only. */
  readonly s3Endpoint?: string | undefined;
}

/** The plain environment of the backup program. @see ops/backup/settings.ts */
export function buildBackupEnvironment(args: BackupEnvironmentArgs): Record<string, string> {
  return {
    BACKUP_DIRECTORY,
    BACKUP_BUCKET: args.bucket,
    BACKUP_PREFIX,
    BACKUP_KMS_KEY: backupKeyAliasArn(args.accountId, args.region),
    BACKUP_RETENTION_DAYS: String(args.retentionDays),
    ...(args.ageRecipients.length === 0 ? {} : { BACKUP_RECIPIENTS: args.ageRecipients.join(",") }),
    AWS_REGION: args.region,
    ...(args.s3Endpoint === undefined
      ? { AWS_ROLE_ARN: roleArn(args.accountId, BACKUP_NAME), AWS_WEB_IDENTITY_TOKEN_FILE: `${TOKEN_DIRECTORY}/token` }
      : { AWS_ENDPOINT_URL_S3: args.s3Endpoint, ...REHEARSAL_CREDENTIALS }),
  };
}

/** Arguments of {@link buildBackupPod}. */
export interface BackupPodArgs extends BackupEnvironmentArgs {
  readonly image: string;
  /** Secret with PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE. */
  readonly secretName: string;
  /** ConfigMap with the certificates that the database's is checked against; absent: none is mounted. */
  readonly authorityConfigMap?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
}

/** Pod template of the CronJob. */
export function buildBackupPod(args: BackupPodArgs): k8s.types.input.core.v1.PodTemplateSpec {
  const withRole = args.s3Endpoint === undefined;
  const authority = authorityMount(args.authorityConfigMap);
  return {
    metadata: {
      labels: { ...args.labels, ...args.selector },
      annotations: {
        // A node that is scaled away in the middle of a dump costs the whole dump.
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        // Its lines become the metrics of runbook §6: the pod needs no key of Datadog's.
        [`ad.datadoghq.com/${BACKUP_NAME}.logs`]: JSON.stringify([{ service: BACKUP_NAME, source: "nodejs" }]),
      },
    },
    spec: {
      serviceAccountName: BACKUP_NAME,
      // The pod needs no token for the API server; the one for AWS is mounted below.
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: POD_SECURITY_CONTEXT,
      // A failed pod stays to be looked at; the Job makes a new one.
      restartPolicy: "Never",
      containers: [
        {
          name: BACKUP_NAME,
          image: args.image,
          imagePullPolicy: "IfNotPresent",
          command: [BACKUP_NAME],
          env: [
            ...Object.entries(buildBackupEnvironment(args)).map(([name, value]) => ({ name, value })),
            // The home folder is read-only.
            { name: "HOME", value: "/tmp" },
          ],
          envFrom: [{ secretRef: { name: args.secretName } }],
          resources: {
            // The dump is streamed: its memory does not grow with the database.
            requests: { cpu: "250m", memory: "256Mi", "ephemeral-storage": "64Mi" },
            limits: { cpu: "2000m", memory: "512Mi", "ephemeral-storage": "256Mi" },
          },
          securityContext: CONTAINER_SECURITY_CONTEXT,
          volumeMounts: [
            TMP_MOUNT,
            { name: "backups", mountPath: BACKUP_DIRECTORY },
            ...authority.volumeMounts,
            ...(withRole ? [{ name: TOKEN_VOLUME, mountPath: TOKEN_DIRECTORY, readOnly: true }] : []),
          ],
        },
      ],
      volumes: [
        TMP_VOLUME,
        { name: "backups", persistentVolumeClaim: { claimName: BACKUP_VOLUME_CLAIM } },
        ...authority.volumes,
        ...(withRole
          ? [
              {
                name: TOKEN_VOLUME,
                projected: {
                  sources: [{ serviceAccountToken: { audience: "sts.amazonaws.com", expirationSeconds: TOKEN_SECONDS, path: "token" } }],
                },
              },
            ]
          : []),
      ],
    },
  };
}

/** What the pod may reach: names, the database, S3 and STS. Nobody reaches it. */
export function buildBackupNetworkPolicy(
  selector: Readonly<Record<string, string>>,
  database: DatabaseNetwork,
  s3Endpoint: string | undefined,
): k8s.types.input.networking.v1.NetworkPolicySpec {
  return {
    podSelector: { matchLabels: { ...selector } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [],
    egress: [TO_DNS, toDatabase(database), s3Endpoint === undefined ? TO_PUBLIC_HTTPS : toEndpoint(s3Endpoint)],
  };
}

function toEndpoint(url: string): k8s.types.input.networking.v1.NetworkPolicyEgressRule {
  const { hostname, port } = new URL(url);
  return { to: [{ ipBlock: { cidr: `${hostname}/32` } }], ports: [{ protocol: "TCP", port: Number(port) }] };
}
