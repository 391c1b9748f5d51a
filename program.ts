/** The program: settings → components → outputs. Each component is one section of the runbook. A plain `pulumi up` runs it by index.ts. */
import { AppSecrets } from "./components/app-secrets";
import { Backups } from "./components/backups";
import { DatabaseRoles } from "./components/database-roles";
import { Edge } from "./components/edge";
import { HardenedNamespace } from "./components/namespace";
import { imageReference } from "./components/lib/image";
import { createProviders } from "./components/lib/providers";
import { Observability } from "./components/observability";
import { WebService } from "./components/web-service";
import { takeOver } from "./components/lib/take-over";
import { loadConfig, loadImportSet } from "./config";
import { databaseArgs } from "./settings/database-args";
import { observabilityArgs } from "./settings/observability-args";

/**
 * Registers the resources of the stack that the engine runs.
 *
 * @returns the outputs
 * @throws Error with every problem of the settings, before any resource exists
 */
export function program() {
  const { settings, credentials } = loadConfig();
  const importSet = loadImportSet();
  if (importSet !== undefined) takeOver(importSet.resources);
  const { aws, backups: backup, cluster, database, edge: edgeSettings, hosts, image, observability: alerts, web } = settings;
  const labels = {
    "app.kubernetes.io/part-of": "maestroverse",
    "app.kubernetes.io/managed-by": "pulumi",
    environment: settings.environment,
  };

  const providers = createProviders({
    stack: settings.environment,
    kubeContext: cluster.context,
    aws,
    database: { ...database, adminPassword: credentials.databaseAdminPassword },
    datadog: { apiUrl: alerts.datadogApiUrl, apiKey: credentials.datadogApiKey, appKey: credentials.datadogAppKey },
  });
  const opts = { providers: providers.byPackage };

  const namespace = new HardenedNamespace("maestroverse", { namespaceName: cluster.namespace, labels }, opts);
  const migrationsNamespace = new HardenedNamespace("migrations", { namespaceName: cluster.migrationsNamespace, labels }, opts);

  // §2
  const databaseRoles = new DatabaseRoles(
    "database",
    {
      ...databaseArgs(settings),
      namespace,
      migrationsNamespace,
      labels,
    },
    opts,
  );

  // §3
  const { adopted, ...secrets } = settings.secrets;
  const appSecrets = new AppSecrets(
    "app-secrets",
    {
      ...secrets,
      adopted: adopted && { ...adopted, importedAtPreview: importSet !== undefined },
      accountId: aws.accountId,
      secondRegion: aws.secondRegion,
      namespace,
      labels,
    },
    opts,
  );

  // §4
  const edge = new Edge(
    "edge",
    { ...edgeSettings, apiHost: hosts.api, ingressController: cluster.ingressController, namespace, labels },
    opts,
  );

  // §1
  const webService = new WebService(
    "maestroverse-server",
    {
      ...web,
      image: imageReference(image),
      tokenSeconds: settings.secrets.tokenSeconds,
      apiHost: hosts.api,
      corsOrigins: settings.corsOrigins,
      ingress: {
        ingressClass: cluster.ingressController.ingressClass,
        controllerNamespace: cluster.ingressController.namespace,
        allowedFrom: edgeSettings.nginx.allowedFrom,
        exemptPaths: edgeSettings.rateLimit.exemptPaths,
        annotations: edge.ingressAnnotations,
        controllerConfig: edge.controllerConfig,
        tlsSecretName: edgeSettings.tls.secretName,
      },
      database: { port: database.port, cidrs: cluster.databaseCidrs },
      appSecret: appSecrets.podSecret,
      databaseSecret: databaseRoles.appSecret,
      migratorSecret: databaseRoles.migratorSecret,
      namespace,
      migrationsNamespace,
      labels,
    },
    opts,
  );

  // Back to §2: the record of migrations exists once the first one has run.
  databaseRoles.protectMigrationsTable(webService.migration);

  // §5
  const backups = new Backups(
    "backup",
    {
      ...backup,
      ...aws,
      image: imageReference(backup.image),
      s3Endpoint: aws.endpoint,
      database: { name: database.name, port: database.port, cidrs: cluster.databaseCidrs, adminUser: database.adminUser },
      backupSecret: databaseRoles.backupSecret,
      namespace,
      labels,
      secondRegionProvider: providers.secondRegion,
    },
    opts,
  );

  // §6
  const observability = new Observability("observability", observabilityArgs(settings), opts);

  return {
    /** Where the service answers. */
    endpoints: {
      api: webService.url,
      health: `${webService.url}/health`,
      websocket: `wss://${hosts.api}/socket.io/`,
    },
    /** Names of the objects that an operator asks for. */
    names: {
      namespace: cluster.namespace,
      migrationsNamespace: cluster.migrationsNamespace,
      deployment: webService.deploymentName,
      service: webService.serviceName,
      migrationJob: webService.migrationJobName,
      nginxConfigMap: edge.nginxConfigMapName,
      backupCronJob: backups.cronJobName,
      databaseRoles: databaseRoles.roleNames,
      secretsManagerSecret: appSecrets.secretArn,
      webAcl: edge.webAclArn,
    },
    /** Current generation of each rotated secret and database role. */
    generations: {
      secrets: appSecrets.generationsByName,
      databaseRoles: Object.fromEntries(Object.entries(database.roles).map(([role, { generation }]) => [role, generation])),
    },
    /** Where backups lie. */
    backupLocations: { primary: backups.location, secondRegion: backups.secondRegionLocation },
    /** Ids in Datadog. */
    monitoring: {
      monitorIds: observability.monitorIds,
      objectiveIds: observability.objectiveIds,
      syntheticsIds: observability.syntheticsIds,
      dashboardUrl: observability.dashboardUrl,
      onCallScheduleId: observability.scheduleId,
    },
  };
}
