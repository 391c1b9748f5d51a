/** The AWS account, its regions, and the endpoint of the rehearsal. */
import { z } from "zod";
import { awsRegion, matching } from "./values";

export const aws = z.strictObject({
  accountId: matching(/^\d{12}$/, "an AWS account number of 12 digits, in quotes"),
  region: awsRegion(),
  /** Region of the copies. */
  secondRegion: awsRegion(),
  /** Endpoint instead of AWS's own (moto); rehearsal only. */
  endpoint: z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/, error: "http://127.0.0.1:port" }).optional(),
});
