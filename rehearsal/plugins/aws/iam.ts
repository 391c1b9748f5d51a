/** AWS IAM: roles and their inline policies. IAM has no regions. */
import type { CreateRoleCommandInput, IAM } from "@aws-sdk/client-iam";

import { unlessGone } from "./clients";
import type { AwsType } from "./handler";
import { block, flag, optional, policy, required, text, textByKey, whole } from "./shape";
import { fromTagList, tagsIn, toTagList } from "./tags";

const NOT_FOUND = "NoSuchEntityException";
/** IAM writes policies URL-encoded. */
const decoded = (document: string | undefined) => (document === undefined ? undefined : decodeURIComponent(document));

/** `aws.iam.Role`; the deprecated `inlinePolicies` and `managedPolicyArns` are refused. */
export const role: AwsType = {
  inputs: block({
    assumeRolePolicy: required(policy, { api: "AssumeRolePolicyDocument" }),
    description: optional(text()),
    forceDetachPolicies: optional(flag, { fallback: false, unread: true }),
    maxSessionDuration: optional(whole(3600, 43_200, "seconds"), { fallback: 3600 }),
    name: optional(text(/^[\w+=,.@-]{1,64}$/, "be 1 to 64 letters, digits and _+=,.@-"), { api: "RoleName" }),
    path: optional(text(), { fallback: "/" }),
    permissionsBoundary: optional(text()),
    tags: optional(textByKey),
  }),
  identity: ["name"],
  replaces: ["path"],
  autoName: { input: "name", from: (name) => name },
  async create(region, inputs) {
    const wanted = this.inputs.toApi({ ...inputs, tags: undefined, forceDetachPolicies: undefined });
    await (await region.client("iam")).createRole({ ...(wanted as unknown as CreateRoleCommandInput), Tags: toTagList(tagsIn(inputs)) });
    return inputs["name"] as string;
  },
  async read(region, RoleName) {
    const found = (await unlessGone((await region.client("iam")).getRole({ RoleName }), NOT_FOUND))?.Role;
    if (found === undefined) return undefined;
    const { AssumeRolePolicyDocument, PermissionsBoundary, Tags, Arn, RoleId, CreateDate } = found;
    return {
      live: {
        ...this.inputs.fromApi({ ...found, PermissionsBoundary: PermissionsBoundary?.PermissionsBoundaryArn }),
        assumeRolePolicy: decoded(AssumeRolePolicyDocument),
        tags: fromTagList(Tags),
      },
      computed: { arn: Arn, uniqueId: RoleId, createDate: CreateDate?.toISOString() },
    };
  },
  async update(region, RoleName, { news, changes }) {
    const iam = await region.client("iam");
    if (changes("assumeRolePolicy"))
      await iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: policy.toApi(news["assumeRolePolicy"]) as string });
    if (changes("description", "maxSessionDuration")) {
      const Description = (news["description"] as string | undefined) ?? "";
      await iam.updateRole({ RoleName, Description, MaxSessionDuration: news["maxSessionDuration"] as number | undefined });
    }
    if (!changes("permissionsBoundary")) return;
    const PermissionsBoundary = news["permissionsBoundary"] as string | undefined;
    if (PermissionsBoundary === undefined) await iam.deleteRolePermissionsBoundary({ RoleName });
    else await iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary });
  },
  async tag(region, RoleName, _state, { all, removed }) {
    const iam = await region.client("iam");
    if (removed.length > 0) await iam.untagRole({ RoleName, TagKeys: [...removed] });
    await iam.tagRole({ RoleName, Tags: toTagList(all) });
  },
  async delete(region, RoleName, state) {
    const iam = await region.client("iam");
    if (state["forceDetachPolicies"] === true) await detachPolicies(iam, RoleName);
    await unlessGone(iam.deleteRole({ RoleName }), NOT_FOUND);
  },
  async find(region, inputs) {
    const RoleName = inputs["name"] as string;
    const found = await unlessGone((await region.client("iam")).getRole({ RoleName }), NOT_FOUND);
    return found && { id: RoleName, tags: fromTagList(found.Role?.Tags) };
  },
};

/** Takes away what would keep IAM from deleting the role. */
async function detachPolicies(iam: IAM, RoleName: string): Promise<void> {
  for (const { PolicyArn } of (await unlessGone(iam.listAttachedRolePolicies({ RoleName }), NOT_FOUND))?.AttachedPolicies ?? [])
    await iam.detachRolePolicy({ RoleName, PolicyArn });
  for (const PolicyName of (await unlessGone(iam.listRolePolicies({ RoleName }), NOT_FOUND))?.PolicyNames ?? [])
    await iam.deleteRolePolicy({ RoleName, PolicyName });
}

/** `aws.iam.RolePolicy`; its id is `<role>:<name>` */
export const rolePolicy: AwsType = {
  inputs: block({
    name: optional(text(/^[\w+=,.@-]{1,128}$/, "be 1 to 128 letters, digits and _+=,.@-")),
    policy: required(policy),
    role: required(text()),
  }),
  identity: ["role", "name"],
  autoName: { input: "name", from: (name) => name },
  async create(region, inputs) {
    const [RoleName, PolicyName] = [inputs["role"] as string, inputs["name"] as string];
    await (await region.client("iam")).putRolePolicy({ RoleName, PolicyName, PolicyDocument: policy.toApi(inputs["policy"]) as string });
    return `${RoleName}:${PolicyName}`;
  },
  async read(region, id) {
    const [RoleName, PolicyName] = id.split(":");
    const found = await unlessGone((await region.client("iam")).getRolePolicy({ RoleName, PolicyName }), NOT_FOUND);
    return found && { live: { role: RoleName, name: PolicyName, policy: decoded(found.PolicyDocument) } };
  },
  async update(region, id, { news }) {
    const [RoleName, PolicyName] = id.split(":");
    await (await region.client("iam")).putRolePolicy({ RoleName, PolicyName, PolicyDocument: policy.toApi(news["policy"]) as string });
  },
  async delete(region, id) {
    const [RoleName, PolicyName] = id.split(":");
    await unlessGone((await region.client("iam")).deleteRolePolicy({ RoleName, PolicyName }), NOT_FOUND);
  },
};
