/** Runbook §3: secrets that are too old, kept twice, or accepted when they should be gone. */
import { appSecretName } from "../../../components/app-secrets";
import { STRAY_POD } from "../../helpers/broken/cluster";
import { unknownValue } from "../../helpers/broken/secret";
import type { Environment } from "../../helpers/broken/environment";
import { seen } from "../../helpers/broken/undo";
import type { Mutation } from "../../helpers/broken/mutation";

/** The pods' Secret of the application's secrets. */
const podSecret = ({ rehearsal: { settings } }: Environment) => ({
  apiVersion: "v1",
  kind: "Secret",
  name: appSecretName(settings.secrets.generations),
});
const annotated = (name: string, value: string | null) => ({
  metadata: { annotations: { [`maestroverse.edu/rotated-on${name}`]: value } },
});

/** A pod that has an unknown value, and that all requests go to. */
const strayWith =
  (variable: string): Mutation["breaks"] =>
  async ({ cluster, edge, systems }) => {
    const isAsked = (stray: boolean) => async () => {
      await edge.forgetConnections();
      const { status, text } = await systems.edge({ path: "/api/whoami", from: systems.ownAddress() });
      return status === 200 && ((JSON.parse(text) as { pod: string }).pod === STRAY_POD) === stray;
    };
    const undoPod = await cluster.strayPodServes({ env: [{ name: variable, value: unknownValue() }] });
    const undo = async () => {
      await undoPod();
      await cluster.until("the others are asked again", isAsked(false));
    };
    return seen(undo, () => cluster.until("the stray pod is asked", isAsked(true)));
  };

export const secretsMutations: readonly Mutation[] = [
  {
    defect: "a secret was rotated half a year ago",
    breaks: (environment) => environment.cluster.patch(podSecret(environment), annotated(".jwt-secret", "2026-05-01")),
    caughtBy: { "secrets-age": /JWT_SECRET is \d{3} days old, 90 are allowed/ },
  },
  {
    defect: "nobody knows when a secret was rotated",
    breaks: (environment) => environment.cluster.patch(podSecret(environment), annotated(".csrf-secret", null)),
    caughtBy: { "secrets-age": "CSRF_SECRET has no day of its rotation" },
  },
  {
    defect: "the password of a database role is half a year old",
    breaks: ({ cluster, systems }) =>
      cluster.patch({ apiVersion: "v1", kind: "Secret", ...systems.secretOfRole("migrator") }, annotated("", "2026-05-01")),
    caughtBy: { "secrets-age": /maestro_migrator is \d{3} days old, 90 are allowed/ },
  },
  {
    defect: "somebody wrote another value into Secrets Manager, which no pod has",
    breaks: ({ secret }) => secret.putVersion("AWSCURRENT", { JWT_SECRET: unknownValue() }),
    caughtBy: {
      "secrets-stored": "JWT_SECRET of the pods is not that of AWSCURRENT",
      "secrets-in-use": "JWT_SECRET: signed with another value than AWSCURRENT's",
      // AWS gives the version before that label.
      "secrets-revoked": "AWSPREVIOUS still holds MAESTROVERSE_PEPPER, JWT_SECRET, SESSION_SECRET, CSRF_SECRET, and there is no overlap",
    },
  },
  {
    defect: "the values before are still in Secrets Manager",
    breaks: ({ secret }) => secret.putVersion("AWSPREVIOUS", { SESSION_SECRET: unknownValue() }),
    caughtBy: { "secrets-revoked": "AWSPREVIOUS still holds" },
  },
  {
    defect: "somebody keeps a version under a label of their own",
    breaks: ({ secret }) => secret.putVersion("before-the-incident", { SESSION_SECRET: unknownValue() }),
    caughtBy: { "secrets-revoked": "a version is kept by the label before-the-incident, which is not ours" },
  },
  {
    defect: "the secret is marked for deletion",
    breaks: ({ secret, rehearsal }) => secret.markForDeletion(rehearsal.settings.aws.secondRegion),
    caughtBy: {
      "secrets-revoked": "the secret is marked for deletion since ",
      "secrets-stored": "JWT_SECRET of the pods is not that of AWSCURRENT",
      "secrets-in-use": "JWT_SECRET: signed with another value than AWSCURRENT's",
    },
  },
  {
    defect: "a pod still accepts an old value",
    breaks: strayWith("JWT_SECRET_ROLLING"),
    caughtBy: { "secrets-in-use": "JWT_SECRET: an old value is still accepted, and there is no overlap" },
  },
  {
    defect: "a pod still signs with an old value",
    breaks: strayWith("CSRF_SECRET"),
    caughtBy: { "secrets-in-use": "CSRF_SECRET: signed with another value than AWSCURRENT's" },
  },
];
