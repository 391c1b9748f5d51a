import type { EditableResource } from "../../helpers/policy-stack";
import { defect, edit, type Mutation, type Transform } from "../mutation";

const KUBERNETES = "pulumi:providers:kubernetes";
const AWS = "pulumi:providers:aws";
const POSTGRESQL = "pulumi:providers:postgresql";
const DATADOG = "pulumi:providers:datadog";

/** Adds a provider like the program's, as Pulumi would by itself. */
const alsoAs =
  (type: string, name: string): Transform =>
  (resources) => {
    const { inputs, urn } = resources.find((each) => each.type === type) as EditableResource;
    return [...resources, { type, name, urn: urn.replace(/[^:]+$/, name), inputs: { ...inputs } }];
  };

/** Defects of providers. */
export const PROVIDER_MUTATIONS: readonly Mutation[] = [
  defect(
    "the cluster is whichever the shell is at",
    "provider-enforce-target",
    edit(KUBERNETES, (inputs) => delete inputs.context),
    "kubernetes: context is absent. Set it from the stack's settings.",
  ),
  defect(
    "the account is whichever the shell is at",
    "provider-enforce-target",
    edit(AWS, (inputs) => delete inputs.allowedAccountIds, "aws-second-region"),
    "aws-second-region: allowedAccountIds is absent. Set it to the one account of the stack.",
  ),
  defect(
    "the account may be another one",
    "provider-enforce-target",
    edit(AWS, (inputs) => (inputs.allowedAccountIds = '["111122223333","444455556666"]'), "aws"),
    'aws: allowedAccountIds is ["111122223333","444455556666"].',
  ),
  defect(
    "the account may be everybody's",
    "provider-enforce-target",
    edit(AWS, (inputs) => (inputs.allowedAccountIds = '["*"]'), "aws"),
    'aws: allowedAccountIds is ["*"].',
  ),
  defect(
    "Datadog is whichever the shell says",
    "provider-enforce-target",
    edit(DATADOG, (inputs) => delete inputs.apiUrl),
    "datadog: apiUrl is absent. Set it from the stack's settings.",
  ),
  ...["host", "port", "database", "username"].map((field) =>
    defect(
      `the database's ${field} is whichever the shell says`,
      "provider-enforce-target",
      edit(POSTGRESQL, (inputs) => delete inputs[field]),
      `postgresql: ${field} is absent.`,
    ),
  ),
  defect(
    "nobody checks the database's certificate",
    "provider-enforce-tls",
    edit(POSTGRESQL, (inputs) => (inputs.sslmode = "require")),
    "postgresql: sslmode is require. Set it to verify-full.",
  ),
  defect(
    "nobody says whether the database speaks TLS",
    "provider-enforce-tls",
    edit(POSTGRESQL, (inputs) => delete inputs.sslmode),
    "postgresql: sslmode is absent.",
  ),
  defect(
    "Datadog is spoken to in clear",
    "provider-enforce-tls",
    edit(DATADOG, (inputs) => (inputs.apiUrl = "http://api.datadoghq.com/")),
    "datadog: apiUrl is http://api.datadoghq.com/. Set it to the https address of Datadog's API.",
  ),
  defect(
    "AWS is spoken to in clear",
    "provider-enforce-tls",
    edit(AWS, (inputs) => (inputs.endpoints = '[{"s3":"http://127.0.0.1.example.com"}]'), "aws"),
    'aws: endpoints is ["http://127.0.0.1.example.com"]. Remove them',
  ),
  defect(
    "nobody checks AWS's certificate",
    "provider-enforce-tls",
    edit(AWS, (inputs) => (inputs.insecure = "true"), "aws"),
    "aws: insecure is true. Remove it.",
  ),
  ...["accessKey", "secretKey", "token"].map((field) =>
    defect(
      `an AWS provider has a ${field}`,
      "provider-disallow-credentials",
      edit(AWS, (inputs) => (inputs[field] = "not-to-be-shown"), "aws"),
      `aws: ${field} is set. Remove it: the session has it.`,
    ),
  ),
  defect(
    "a kubeconfig lies in the state",
    "provider-disallow-credentials",
    edit(KUBERNETES, (inputs) => (inputs.kubeconfig = "apiVersion: v1\nusers: [not-to-be-shown]")),
    "kubernetes: kubeconfig is set.",
  ),
  defect(
    "something is made by a default provider",
    "provider-disallow-default",
    alsoAs(AWS, "default_7_48_0"),
    "default_7_48_0: name is default_7_48_0. Pass the stack's provider to whatever uses it.",
  ),
  ...["app", "environment", "managed-by"].map((tag) =>
    defect(
      `what lies in AWS has no tag ${tag}`,
      "provider-configure-tags",
      edit(
        AWS,
        (inputs) => {
          const { tags } = JSON.parse(inputs.defaultTags);
          delete tags[tag];
          inputs.defaultTags = JSON.stringify({ tags });
        },
        "aws-second-region",
      ),
      `aws-second-region: defaultTags.tags["${tag}"] is absent. Set it to `,
    ),
  ),
  defect(
    "what lies in AWS is another environment's",
    "provider-configure-tags",
    edit(AWS, (inputs) => (inputs.defaultTags = inputs.defaultTags.replace(/"environment":"\w+"/, '"environment":"test"')), "aws"),
    'aws: defaultTags.tags["environment"] is test. Set it to ',
  ),
];
