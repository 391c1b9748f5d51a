/** The providers of a stack: each pinned to its own cluster, account, database server and Datadog organisation. */
import * as aws from "@pulumi/aws";
import * as datadog from "@pulumi/datadog";
import * as k8s from "@pulumi/kubernetes";
import * as postgresql from "@pulumi/postgresql";
import type * as pulumi from "@pulumi/pulumi";
import { authorityFileHere } from "./authority-file";
import type { CertificateAuthority } from "./database-authority";

/** Arguments of {@link createProviders}. */
export interface ProvidersArgs {
  readonly stack: string;
  /** kubeconfig context; the kubeconfig itself is the ambient one (`KUBECONFIG`). */
  readonly kubeContext: string;
  readonly aws: {
    readonly accountId: string;
    readonly region: string;
    readonly secondRegion: string;
    readonly endpoint?: string | undefined;
  };
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly name: string;
    readonly adminUser: string;
    readonly adminIsSuperuser: boolean;
    readonly sslMode: string;
    /** What the server's certificate is checked against; without its text the system's authorities are. */
    readonly certificateAuthority?: CertificateAuthority | undefined;
    readonly adminPassword: pulumi.Input<string> | undefined;
  };
  readonly datadog: {
    readonly apiUrl: string;
    readonly apiKey: pulumi.Input<string> | undefined;
    readonly appKey: pulumi.Input<string> | undefined;
  };
}

/** Providers by package, ready for a component's `providers` option, and the one of the second region. */
export interface Providers {
  readonly byPackage: Record<string, pulumi.ProviderResource>;
  readonly secondRegion: aws.Provider;
}

/**
 * Creates the explicit providers. None of them contacts anything at preview: credentials may be missing then.
 *
 * `allowedAccountIds` and the kubeconfig context refuse an `up` against another account or cluster than the stack's.
 */
export function createProviders(args: ProvidersArgs): Providers {
  const tags = { app: "maestroverse", environment: args.stack, "managed-by": "pulumi" };
  const awsProvider = (name: string, region: string) =>
    new aws.Provider(name, {
      region: region as aws.Region,
      defaultTags: { tags },
      ...(args.aws.endpoint === undefined
        ? { allowedAccountIds: [args.aws.accountId] }
        : {
            // No word that a message may hold: plugins blot out whatever is secret.
            accessKey: "moto-has-no-keys",
            secretKey: "moto-has-no-keys",
            s3UsePathStyle: true,
            endpoints: [
              Object.fromEntries(
                ["s3", "kms", "secretsmanager", "iam", "sts", "wafv2", "rds", "logs"].map((service) => [service, args.aws.endpoint]),
              ),
            ],
          }),
      // Checks that would contact AWS when the provider starts, at preview too.
      skipCredentialsValidation: true,
      skipRequestingAccountId: args.aws.endpoint !== undefined,
      skipMetadataApiCheck: args.aws.endpoint !== undefined,
      skipRegionValidation: true,
    });
  const primary = awsProvider("aws", args.aws.region);
  const authority = args.database.certificateAuthority?.pem;
  return {
    byPackage: {
      kubernetes: new k8s.Provider("kubernetes", { context: args.kubeContext }),
      aws: primary,
      postgresql: new postgresql.Provider("postgresql", {
        host: args.database.host,
        port: args.database.port,
        database: args.database.name,
        username: args.database.adminUser,
        superuser: args.database.adminIsSuperuser,
        sslmode: args.database.sslMode,
        ...(authority === undefined || args.database.sslMode === "disable" ? {} : { sslrootcert: authorityFileHere(authority) }),
        ...(args.database.adminPassword === undefined ? {} : { password: args.database.adminPassword }),
      }),
      datadog: new datadog.Provider("datadog", {
        apiUrl: args.datadog.apiUrl,
        // The provider would call the API at preview otherwise.
        validate: "false",
        ...(args.datadog.apiKey === undefined ? {} : { apiKey: args.datadog.apiKey }),
        ...(args.datadog.appKey === undefined ? {} : { appKey: args.datadog.appKey }),
      }),
    },
    secondRegion: awsProvider("aws-second-region", args.aws.secondRegion),
  };
}
