/** AWS CloudWatch Logs: log groups. */
import type { CloudWatchLogs, LogGroup } from "@aws-sdk/client-cloudwatch-logs";

import { unlessGone } from "./clients";
import { type AwsType, REGION } from "./handler";
import { block, flag, oneOfNumbers, optional, text, textByKey } from "./shape";
import { tagsIn } from "./tags";

const NOT_FOUND = "ResourceNotFoundException";
/** Days that CloudWatch can keep events; 0: forever. */
const RETENTION_DAYS = [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/** `aws.cloudwatch.LogGroup`; its id is its name */
export const logGroup: AwsType = {
  inputs: block({
    ...REGION,
    kmsKeyId: optional(text()),
    logGroupClass: optional(text(["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"]), { computed: true }),
    name: optional(text(/^[\w./#-]{1,512}$/, "be 1 to 512 letters, digits and _./#-")),
    retentionInDays: optional(oneOfNumbers(RETENTION_DAYS, "(days; 0: forever)"), { fallback: 0 }),
    skipDestroy: optional(flag, { fallback: false, unread: true }),
    tags: optional(textByKey),
  }),
  identity: ["name"],
  replaces: ["logGroupClass"],
  autoName: { input: "name", from: (name) => name },
  async create(region, inputs) {
    const logs = await region.client("logs");
    const logGroupName = inputs["name"] as string;
    const { kmsKeyId, logGroupClass } = inputs as { kmsKeyId?: string; logGroupClass?: "STANDARD" };
    await logs.createLogGroup({ logGroupName, kmsKeyId, logGroupClass, tags: { ...tagsIn(inputs) } });
    await setRetention(logs, logGroupName, inputs["retentionInDays"]);
    return logGroupName;
  },
  async read(region, name) {
    const logs = await region.client("logs");
    const found = await describe(logs, name);
    if (found === undefined) return undefined;
    const { kmsKeyId, logGroupClass, retentionInDays = 0 } = found;
    const arn = arnOf(found);
    const { tags = {} } = await logs.listTagsForResource({ resourceArn: arn });
    return { live: { name, kmsKeyId, logGroupClass, retentionInDays, tags }, computed: { arn } };
  },
  async update(region, logGroupName, { news, changes }) {
    const logs = await region.client("logs");
    if (changes("retentionInDays")) await setRetention(logs, logGroupName, news["retentionInDays"]);
    if (!changes("kmsKeyId")) return;
    const kmsKeyId = news["kmsKeyId"] as string | undefined;
    if (kmsKeyId === undefined) await logs.disassociateKmsKey({ logGroupName });
    else await logs.associateKmsKey({ logGroupName, kmsKeyId });
  },
  async tag(region, _id, { arn }, { all, removed }) {
    const [logs, resourceArn] = [await region.client("logs"), arn as string];
    if (removed.length > 0) await logs.untagResource({ resourceArn, tagKeys: [...removed] });
    await logs.tagResource({ resourceArn, tags: { ...all } });
  },
  async delete(region, logGroupName, state) {
    if (state["skipDestroy"] === true) return;
    await unlessGone((await region.client("logs")).deleteLogGroup({ logGroupName }), NOT_FOUND);
  },
  async find(region, inputs) {
    const [logs, name] = [await region.client("logs"), inputs["name"] as string];
    const found = await describe(logs, name);
    if (found === undefined) return undefined;
    return { id: name, tags: (await logs.listTagsForResource({ resourceArn: arnOf(found) })).tags ?? {} };
  },
};

/** The ARN as the official plugin has it: without the `:*` that stands for the group's streams. */
const arnOf = ({ arn = "" }: LogGroup) => arn.replace(/:\*$/, "");

async function describe(logs: CloudWatchLogs, name: string): Promise<LogGroup | undefined> {
  let nextToken: string | undefined;
  do {
    const page = await logs.describeLogGroups({ logGroupNamePrefix: name, nextToken });
    const found = page.logGroups?.find(({ logGroupName }) => logGroupName === name);
    if (found !== undefined) return found;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return undefined;
}

async function setRetention(logs: CloudWatchLogs, logGroupName: string, days: unknown): Promise<void> {
  if (typeof days === "number" && days > 0) await logs.putRetentionPolicy({ logGroupName, retentionInDays: days });
  else await unlessGone(logs.deleteRetentionPolicy({ logGroupName }), NOT_FOUND);
}
