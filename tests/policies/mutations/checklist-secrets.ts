import type { EditableSettings } from "../../helpers/policy-stack";
import { add, edit, type Mutation, remove } from "../mutation";

const SECRET = "kubernetes:core/v1:Secret";
const PODS = "app-secrets-pod-secret-1-1-1-1";
const OVERLAPPING = "app-secrets-pod-secret-1-2o-1-1";
const BUNDLE = "aws:secretsmanager/secret:Secret";
const VERSION = "aws:secretsmanager/secretVersion:SecretVersion";
const RANDOM_BYTES = "random:index/randomBytes:RandomBytes";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const SERVER = "maestroverse-server-deployment";

/** The second generation of JWT_SECRET, with the first still accepted. */
function inOverlap(settings: EditableSettings): void {
  settings.secrets.generations.JWT_SECRET = { generation: 2, rotatedOn: "2026-11-20", overlap: true };
}

/** The second generation of JWT_SECRET, accepted before it signs. */
function prepared(settings: EditableSettings): void {
  settings.secrets.generations.JWT_SECRET = { generation: 1, rotatedOn: "2026-11-01", overlap: "next" };
}

/** Values that were there before this program. */
function adopted(settings: EditableSettings): void {
  settings.secrets.adopted = { versionId: "0d6c1f7e-4e6b-4a53-9f6d-1b2c3d4e5f60" };
}

/** Defects of runbook §3: the four secrets, their age, and their rotation. */
export const SECRET_MUTATIONS: readonly Mutation[] = [
  {
    defect: "the server does not have the secrets",
    transform: edit(DEPLOYMENT, ({ spec }) => spec.template.spec.containers[0].envFrom.splice(1, 1), SERVER),
    caughtBy: ["secret-enforce-pods"],
    says: [`${SERVER}: spec.template.spec.containers[0].envFrom is absent. Add the Secret maestroverse-app-secrets-1-1-1-1.`],
  },
  {
    defect: "the pods' Secret lacks one of the four",
    deployed: true,
    transform: edit(SECRET, ({ stringData }) => delete stringData.CSRF_SECRET, PODS),
    caughtBy: ["secret-enforce-pods"],
    says: [`${PODS}: stringData.CSRF_SECRET is absent. Add CSRF_SECRET.`],
  },
  {
    defect: "the bundle lacks one of the four",
    deployed: true,
    transform: edit(VERSION, (inputs) => (inputs.secretString = '{"JWT_SECRET":"x"}'), "app-secrets-current-1-1-1-1"),
    caughtBy: ["secret-enforce-bundle"],
    says: ["app-secrets-current-1-1-1-1: secretString is JWT_SECRET. Add MAESTROVERSE_PEPPER."],
  },
  {
    defect: "the bundle is of another generation than the pods' Secret",
    transform: edit(BUNDLE, ({ tags }) => (tags.JWT_SECRET = "generation 2 of 2026-11-20")),
    caughtBy: ["secret-enforce-bundle"],
    says: ['app-secrets-bundle: tags.JWT_SECRET is "generation 2 of 2026-11-20". Set it to "generation 1 of 2026-11-01"'],
  },
  {
    defect: "nothing says which secrets the bundle holds",
    transform: edit(BUNDLE, (inputs) => delete inputs.tags),
    caughtBy: ["secret-enforce-bundle"],
    says: ['stack: tags of aws:secretsmanager/secret:Secret is "0 bundles". Tag one with MAESTROVERSE_PEPPER'],
  },
  {
    defect: "a secret has 32 random bytes",
    transform: edit(RANDOM_BYTES, (inputs) => (inputs.length = 32), "app-secrets-session-secret-g1"),
    caughtBy: ["secret-enforce-entropy"],
    says: ["app-secrets-session-secret-g1: length is 32. Set it to 64 or more."],
  },
  {
    defect: "a secret's value is not random",
    transform: remove(RANDOM_BYTES, "app-secrets-csrf-secret-g1"),
    caughtBy: ["secret-enforce-entropy"],
    says: ["stack: random bytes of CSRF_SECRET, generation 1 is absent. Make 64."],
  },
  {
    defect: "a secret is 95 days old",
    settings: (settings) => (settings.secrets.generations.SESSION_SECRET.rotatedOn = "2026-08-22"),
    caughtBy: ["secret-enforce-age"],
    says: [
      `${PODS}: metadata.annotations["maestroverse.edu/rotated-on.session-secret"] is "2026-08-22, 95 days ago". Rotate it, 90 days is the longest: npm run ops -- rotate --stack prod --secret SESSION_SECRET.`,
    ],
  },
  {
    defect: "the database's password is 91 days old",
    settings: (settings) => (settings.database.roles.app.rotatedOn = "2026-08-26"),
    caughtBy: ["secret-enforce-age"],
    says: [
      'database-app-g1-secret: metadata.annotations["maestroverse.edu/rotated-on"] is "2026-08-26, 91 days ago". Rotate it, 90 days is the longest: count its generation up in database.roles',
    ],
  },
  {
    defect: "a secret says that it will be rotated",
    transform: edit(
      SECRET,
      ({ metadata }) => (metadata.annotations["maestroverse.edu/rotated-on"] = "2026-12-24"),
      "database-backup-g1-secret",
    ),
    caughtBy: ["secret-enforce-age"],
    says: ['database-backup-g1-secret: metadata.annotations["maestroverse.edu/rotated-on"] is "2026-12-24, -29 days ago". Give the day'],
  },
  {
    defect: "a Secret does not say how old it is",
    transform: add(SECRET, "another-secret", {
      immutable: true,
      metadata: { name: "another", namespace: "maestroverse" },
      stringData: { WEBHOOK_TOKEN: "x" },
    }),
    caughtBy: ["secret-enforce-age"],
    says: ['another-secret: metadata.annotations["maestroverse.edu/rotated-on"] is absent. Say since when its value is current.'],
  },
  {
    defect: "a secret is 85 days old",
    settings: (settings) => (settings.secrets.generations.MAESTROVERSE_PEPPER.rotatedOn = "2026-09-01"),
    caughtBy: ["secret-configure-rotation"],
    says: [
      'rotated-on.maestroverse-pepper"] is "2026-09-01, 85 days ago". Rotate it within 5 days: npm run ops -- rotate --stack prod --secret MAESTROVERSE_PEPPER.',
    ],
  },
  {
    defect: "three months pass without a rotation",
    now: new Date("2027-02-01T12:00:00Z"),
    caughtBy: ["header-enforce-hsts", "secret-enforce-age"],
    says: ['database-migrator-g1-secret: metadata.annotations["maestroverse.edu/rotated-on"] is "2026-11-01, 92 days ago".'],
  },
  {
    defect: "in an overlap the pods do not have the old value",
    deployed: true,
    settings: inOverlap,
    transform: edit(SECRET, ({ stringData }) => delete stringData.JWT_SECRET_ROLLING, OVERLAPPING),
    caughtBy: ["secret-enforce-overlap"],
    says: [`${OVERLAPPING}: stringData.JWT_SECRET_ROLLING is absent. Set it to the old value.`],
  },
  {
    defect: "in an overlap the old value does not exist",
    settings: inOverlap,
    transform: remove(RANDOM_BYTES, "app-secrets-jwt-secret-g1"),
    caughtBy: ["secret-enforce-overlap"],
    says: [`${OVERLAPPING}: metadata.name is maestroverse-app-secrets-1-2o-1-1. End it with 1-2-1-1, the generations that exist.`],
  },
  {
    defect: "in an overlap AWSPREVIOUS is empty",
    deployed: true,
    settings: inOverlap,
    transform: edit(VERSION, (inputs) => (inputs.secretString = "{}"), "app-secrets-previous-1-2o-1-1"),
    caughtBy: ["secret-enforce-overlap"],
    says: ['app-secrets-previous-1-2o-1-1: secretString is "". Put the old values in.'],
  },
  {
    defect: "the old value stays in the pods after the overlap",
    deployed: true,
    transform: edit(SECRET, ({ stringData }) => (stringData.JWT_SECRET_ROLLING = "x"), PODS),
    caughtBy: ["secret-enforce-overlap"],
    says: [`${PODS}: stringData.JWT_SECRET_ROLLING is set. Remove it.`],
  },
  {
    defect: "the old value stays in AWSPREVIOUS after the overlap",
    transform: edit(VERSION, (inputs) => (inputs.secretString = '{"JWT_SECRET":"x"}'), "app-secrets-previous-1-1-1-1"),
    caughtBy: ["secret-enforce-overlap"],
    says: ["app-secrets-previous-1-1-1-1: secretString is JWT_SECRET. Empty it: none is valid."],
  },
  {
    defect: "before its rotation the pods do not have the next value",
    deployed: true,
    settings: prepared,
    transform: edit(SECRET, ({ stringData }) => delete stringData.JWT_SECRET_ROLLING, "app-secrets-pod-secret-1-1n-1-1"),
    caughtBy: ["secret-enforce-overlap"],
    says: ["app-secrets-pod-secret-1-1n-1-1: stringData.JWT_SECRET_ROLLING is absent. Set it to the next value."],
  },
  {
    defect: "pods accept a next value that Secrets Manager does not have",
    settings: prepared,
    transform: remove(VERSION, "app-secrets-pending"),
    caughtBy: ["secret-enforce-overlap"],
    says: ["a version with the label AWSPENDING is absent. Put the next values of JWT_SECRET there."],
  },
  {
    defect: "Secrets Manager has a next value that no pod accepts",
    transform: add(VERSION, "app-secrets-pending", { secretString: '{"JWT_SECRET":"x"}', versionStages: ["AWSPENDING"] }),
    caughtBy: ["secret-enforce-overlap"],
    says: ["app-secrets-pending: a version with the label AWSPENDING is set. Remove it: there is no next value."],
  },
  {
    defect: "a next value and an old one exist at once",
    settings: inOverlap,
    transform: add(RANDOM_BYTES, "app-secrets-jwt-secret-g3", { length: 64 }),
    caughtBy: ["secret-enforce-overlap"],
    says: [`${OVERLAPPING}: random bytes of JWT_SECRET is "generation 3". Remove it: 2 is current.`],
  },
  {
    defect: "a generation long gone exists",
    settings: (settings) => {
      settings.secrets.generations.CSRF_SECRET = { generation: 3, rotatedOn: "2026-11-20", overlap: false };
    },
    transform: add(RANDOM_BYTES, "app-secrets-csrf-secret-g1", { length: 64 }),
    caughtBy: ["secret-enforce-overlap"],
    says: ['app-secrets-pod-secret-1-1-1-3: random bytes of CSRF_SECRET is "generation 1". Remove it: 3 is current.'],
  },
  {
    defect: "a value that was adopted is short",
    deployed: true,
    settings: adopted,
    transform: edit(VERSION, (inputs) => (inputs.secretString = '{"JWT_SECRET":"a value from before"}'), "app-secrets-jwt-secret-g1"),
    caughtBy: ["secret-enforce-entropy"],
    says: ['app-secrets-jwt-secret-g1: the adopted value of JWT_SECRET is "19 characters long". It should have 86 or more: rotate it.'],
  },
  {
    defect: "a value that was adopted is not there",
    settings: adopted,
    transform: remove(VERSION, "app-secrets-csrf-secret-g1"),
    caughtBy: ["secret-enforce-entropy"],
    says: ["stack: random bytes of CSRF_SECRET, generation 1 is absent. Make 64."],
  },
  {
    defect: "a value that was adopted stays after its secret was rotated",
    settings: (settings) => {
      adopted(settings);
      settings.secrets.generations.CSRF_SECRET = { generation: 3, rotatedOn: "2026-11-20", overlap: false };
    },
    transform: (resources) => [
      ...resources,
      ...resources
        .filter(({ name }) => name === "app-secrets-jwt-secret-g1")
        .map((each) => ({ ...each, name: "app-secrets-csrf-secret-g1", urn: `${each.urn}-of-csrf` })),
    ],
    caughtBy: ["secret-enforce-overlap"],
    says: ['app-secrets-pod-secret-1-1-1-3: random bytes of CSRF_SECRET is "generation 1". Remove it: 3 is current.'],
  },
  {
    defect: "the version that was adopted loses its label",
    settings: adopted,
    transform: edit(VERSION, (inputs) => (inputs.versionStages = []), "app-secrets-current-1-1-1-1"),
    caughtBy: ["secret-enforce-stages"],
    says: ["app-secrets-current-1-1-1-1: versionStages is []. Say AWSCURRENT or AWSPREVIOUS."],
  },
];
