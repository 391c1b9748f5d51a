/** AWS WAF: web ACLs, where they log, and what they protect. */
import type { GetWebACLCommandOutput, LoggingConfiguration, Scope, WAFV2, WebACL } from "@aws-sdk/client-wafv2";
import { setTimeout as sleep } from "node:timers/promises";

import type { Properties } from "../lib/contract";
import { unlessGone } from "./clients";
import { type AwsType, REGION } from "./handler";
import { block, optional, required, set, text, textByKey, textLike } from "./shape";
import { fromTagList, tagsIn, toTagList } from "./tags";
import { checkRules, customResponseBodies, defaultAction, loggingFilter, redactedField, rule, visibilityConfig } from "./wafv2-shapes";

const NOT_FOUND = "WAFNonexistentItemException";
/** WAF says that a web ACL is still in use for a while after it is not. */
const IN_USE = "WAFAssociatedItemException";
const DELETE_ATTEMPTS = 30;
const DELETE_PAUSE_MILLISECONDS = 2_000;

/** `aws.wafv2.WebAcl`; its id is WAF's own */
export const webAcl: AwsType = {
  inputs: block({
    ...REGION,
    customResponseBodies: optional(customResponseBodies),
    defaultAction: required(defaultAction),
    // moto takes any.
    description: optional(text(/^[\w+=:#@/,.-][\w+=:#@/,.\s-]+[\w+=:#@/,.-]$/, "be letters, digits, blanks and +=:#@/,.-")),
    name: optional(text(/^[\w-]{1,128}$/, "be 1 to 128 letters, digits and _-")),
    rules: optional(set(rule)),
    scope: required(text(["REGIONAL", "CLOUDFRONT"])),
    tags: optional(textByKey),
    visibilityConfig: required(visibilityConfig),
  }),
  identity: ["name", "scope"],
  autoName: { input: "name", from: (name) => name },
  rules: checkRules,
  async create(region, inputs) {
    const waf = await region.client("wafv2");
    const { Summary } = await waf.createWebACL({ ...wanted(inputs), Name: inputs["name"] as string, Tags: toTagList(tagsIn(inputs)) });
    return Summary?.Id ?? "";
  },
  async read(region, Id, state) {
    const waf = await region.client("wafv2");
    const found = await get(waf, Id, state);
    if (found === undefined) return undefined;
    const { ARN = "", Capacity, Description } = found.WebACL;
    const { TagInfoForResource } = await waf.listTagsForResource({ ResourceARN: ARN });
    return {
      live: {
        ...this.inputs.fromApi({ ...found.WebACL, Description: Description === "" ? undefined : Description }),
        scope: state["scope"],
        tags: fromTagList(TagInfoForResource?.TagList),
      },
      computed: {
        arn: ARN,
        capacity: Capacity,
        lockToken: found.LockToken,
        applicationIntegrationUrl: found.ApplicationIntegrationURL ?? "",
      },
    };
  },
  async update(region, Id, { news, state }) {
    const waf = await region.client("wafv2");
    const found = await get(waf, Id, state);
    await waf.updateWebACL({ ...wanted(news), Id, Name: state["name"] as string, LockToken: found?.LockToken });
  },
  async tag(region, _id, { arn }, { all, removed }) {
    const [waf, ResourceARN] = [await region.client("wafv2"), arn as string];
    if (removed.length > 0) await waf.untagResource({ ResourceARN, TagKeys: [...removed] });
    await waf.tagResource({ ResourceARN, Tags: toTagList(all) });
  },
  async delete(region, Id, state) {
    const waf = await region.client("wafv2");
    for (let attempt = 1; ; attempt++) {
      const found = await get(waf, Id, state);
      if (found === undefined) return;
      try {
        await waf.deleteWebACL({ Id, Name: state["name"] as string, Scope: state["scope"] as Scope, LockToken: found.LockToken });
        return;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== IN_USE || attempt === DELETE_ATTEMPTS) throw error;
        await sleep(DELETE_PAUSE_MILLISECONDS);
      }
    }
  },
  async find(region, inputs) {
    const waf = await region.client("wafv2");
    let NextMarker: string | undefined;
    do {
      const page = await waf.listWebACLs({ Scope: inputs["scope"] as Scope, NextMarker, Limit: 100 });
      const found = page.WebACLs?.find(({ Name }) => Name === inputs["name"]);
      if (found?.Id !== undefined) {
        const { TagInfoForResource } = await waf.listTagsForResource({ ResourceARN: found.ARN });
        return { id: found.Id, tags: fromTagList(TagInfoForResource?.TagList) };
      }
      NextMarker = page.NextMarker;
    } while (NextMarker !== undefined);
    return undefined;
  },
};

/** What WAF takes to make and to change a web ACL. */
function wanted(inputs: Properties) {
  const { CustomResponseBodies, DefaultAction, Description, Rules, Scope, VisibilityConfig } = webAcl.inputs.toApi(inputs);
  return { CustomResponseBodies, DefaultAction, Description, Rules, Scope, VisibilityConfig } as Pick<
    WebACL,
    "CustomResponseBodies" | "Description" | "Rules"
  > &
    Required<Pick<WebACL, "DefaultAction" | "VisibilityConfig">> & { Scope: Scope };
}

async function get(waf: WAFV2, Id: string, state: Properties): Promise<(GetWebACLCommandOutput & { WebACL: WebACL }) | undefined> {
  const [Name, Scope] = [state["name"] as string, state["scope"] as Scope];
  const found = await unlessGone(waf.getWebACL({ Id, Name, Scope }), NOT_FOUND);
  return found?.WebACL && { ...found, WebACL: found.WebACL };
}

/** A log group's ARN, with or without the `:*` for its streams. */
const destination = textLike((arn) => arn.replace(/:\*$/, ""), "an ARN");

/** `aws.wafv2.WebAclLoggingConfiguration`; its id is the web ACL's ARN */
export const webAclLoggingConfiguration: AwsType = {
  inputs: block({
    ...REGION,
    logDestinationConfigs: required(set(destination)),
    loggingFilter: optional(loggingFilter),
    redactedFields: optional(set(redactedField)),
    resourceArn: required(text(/^arn:aws[\w-]*:wafv2:/, "be a web ACL's ARN")),
  }),
  identity: ["resourceArn"],
  // moto takes any destination; WAF only one whose name begins so.
  rules: ({ logDestinationConfigs: destinations }) =>
    (Array.isArray(destinations) ? destinations : [])
      .filter((arn) => typeof arn === "string" && !/[:/]aws-waf-logs-[^:]*(:\*)?$/.test(arn))
      .map((arn) => `logDestinationConfigs must name destinations that begin with aws-waf-logs-, got ${String(arn)}.`),
  async create(region, inputs) {
    await log(await region.client("wafv2"), inputs);
    return inputs["resourceArn"] as string;
  },
  async read(region, ResourceArn) {
    const waf = await region.client("wafv2");
    const found = (await unlessGone(waf.getLoggingConfiguration({ ResourceArn }), NOT_FOUND))?.LoggingConfiguration;
    return found && { live: this.inputs.fromApi(found) };
  },
  async update(region, _id, { news }) {
    await log(await region.client("wafv2"), news);
  },
  async delete(region, ResourceArn) {
    await unlessGone((await region.client("wafv2")).deleteLoggingConfiguration({ ResourceArn }), NOT_FOUND);
  },
};

async function log(waf: WAFV2, inputs: Properties): Promise<void> {
  const wanted = webAclLoggingConfiguration.inputs.toApi({ ...inputs, region: undefined });
  await waf.putLoggingConfiguration({ LoggingConfiguration: wanted as unknown as LoggingConfiguration });
}

/** `aws.wafv2.WebAclAssociation`; its id is `<webAclArn>,<resourceArn>` */
export const webAclAssociation: AwsType = {
  inputs: block({ ...REGION, resourceArn: required(text()), webAclArn: required(text(/^arn:aws[\w-]*:wafv2:/, "be a web ACL's ARN")) }),
  // A resource has one web ACL at most: a new association takes the old one's place.
  identity: ["resourceArn"],
  replaces: ["webAclArn"],
  async create(region, inputs) {
    const [ResourceArn, WebACLArn] = [inputs["resourceArn"] as string, inputs["webAclArn"] as string];
    const waf = await region.client("wafv2");
    // moto counts associations and would keep a second one.
    if ((await associated(waf, ResourceArn)) !== WebACLArn) await waf.associateWebACL({ ResourceArn, WebACLArn });
    return `${WebACLArn},${ResourceArn}`;
  },
  async read(region, id) {
    const [webAclArn, resourceArn = ""] = id.split(",");
    return (await associated(await region.client("wafv2"), resourceArn)) === webAclArn ? { live: { webAclArn, resourceArn } } : undefined;
  },
  async delete(region, id) {
    const ResourceArn = id.split(",")[1];
    await unlessGone((await region.client("wafv2")).disassociateWebACL({ ResourceArn }), NOT_FOUND);
  },
};

async function associated(waf: WAFV2, ResourceArn: string): Promise<string | undefined> {
  return (await unlessGone(waf.getWebACLForResource({ ResourceArn }), NOT_FOUND))?.WebACL?.ARN;
}
