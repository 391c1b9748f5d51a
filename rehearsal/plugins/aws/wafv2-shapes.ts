/** Rules of web ACLs, as WAF takes them. */
import type { Properties } from "../lib/contract";
import { isObject } from "../lib/wire";
import { type Block, block, type Field, flag, list, oneOfNumbers, optional, required, set, type Shape, text, whole } from "./shape";

const nothing = optional(block({}));
const responseHeader = block({ name: required(text()), value: required(text()) });
const customResponse = optional(
  block({
    responseCode: required(whole(200, 599)),
    customResponseBodyKey: optional(text()),
    responseHeaders: optional(set(responseHeader)),
  }),
);
const handling = optional(block({ customRequestHandling: optional(block({ insertHeaders: required(set(responseHeader)) })) }));

/** What happens to a request that no rule decides. */
export const defaultAction = block({ allow: handling, block: optional(block({ customResponse })) });

/** What WAF counts. */
export const visibilityConfig = block({
  cloudwatchMetricsEnabled: required(flag, { api: "CloudWatchMetricsEnabled" }),
  metricName: required(text(/^[\w#:./-]{1,255}$/, "be 1 to 255 letters, digits and _#:./-")),
  sampledRequestsEnabled: required(flag),
});

const body = block({
  key: required(text()),
  content: required(text()),
  contentType: required(text(["TEXT_PLAIN", "TEXT_HTML", "APPLICATION_JSON"])),
});

/** Bodies, a list in the program and an object by key in WAF. */
export const customResponseBodies: Shape = {
  ...set(body),
  toApi: (value) =>
    Object.fromEntries(
      (value as Properties[]).map((each) => {
        const { Key, ...rest } = body.toApi(each);
        return [Key as string, rest];
      }),
    ),
  fromApi: (value) => Object.entries(value as Properties).map(([key, rest]) => body.fromApi({ Key: key, ...(rest as Properties) })),
};

/** Text that travels as bytes. */
const searchString: Shape = {
  ...text(),
  toApi: (value) => Buffer.from(value as string),
  fromApi: (value) => Buffer.from(value as Uint8Array).toString(),
};

const textTransformations = required(set(block({ priority: required(whole(0)), type: required(text()) })));
const fieldToMatch = optional(
  block({
    allQueryArguments: nothing,
    method: nothing,
    queryString: nothing,
    uriPath: nothing,
    singleHeader: optional(block({ name: required(text()) })),
    singleQueryArgument: optional(block({ name: required(text()) })),
  }),
);
const forwardedIpConfig = optional(block({ fallbackBehavior: required(text(["MATCH", "NO_MATCH"])), headerName: required(text()) }), {
  api: "ForwardedIPConfig",
});

/** Statements hold statements: the members are made when they are needed. */
function lazy(make: () => Block): Shape {
  let made: Block | undefined;
  const shape = () => (made ??= make());
  return {
    check: (value, path) => shape().check(value, path),
    canonical: (value) => shape().canonical(value),
    toApi: (value) => shape().toApi(value),
    fromApi: (value) => shape().fromApi(value),
    align: (declared, live) => shape().align(declared, live),
  };
}

const inner: Shape = lazy(() => block(matches));
const inners = optional(block({ statements: required(list(inner)) }));

const matches: Readonly<Record<string, Field>> = {
  andStatement: inners,
  orStatement: inners,
  notStatement: optional(block({ statement: required(inner) })),
  byteMatchStatement: optional(
    block({
      fieldToMatch,
      positionalConstraint: required(text(["EXACTLY", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "CONTAINS_WORD"])),
      searchString: required(searchString),
      textTransformations,
    }),
  ),
  geoMatchStatement: optional(block({ countryCodes: required(list(text())), forwardedIpConfig })),
  ipSetReferenceStatement: optional(block({ arn: required(text(), { api: "ARN" }) }), { api: "IPSetReferenceStatement" }),
};

/** How a rate-based rule may count: no key but the address, since moto and the program know no other. */
const rateBasedStatement = block({
  aggregateKeyType: required(text(["IP", "FORWARDED_IP", "CONSTANT"])),
  // moto takes any window and any limit; WAF only these.
  evaluationWindowSec: optional(oneOfNumbers([60, 120, 300, 600], "seconds"), { fallback: 300 }),
  forwardedIpConfig,
  limit: required(whole(10, 2_000_000_000, "requests per window")),
  scopeDownStatement: optional(inner),
});

const managedRuleGroupStatement = block({ name: required(text()), vendorName: required(text()), version: optional(text()) });

/** A rule. */
export const rule = block({
  name: required(text(/^[\w-]{1,128}$/, "be 1 to 128 letters, digits and _-")),
  priority: required(whole(0)),
  action: optional(block({ allow: handling, block: optional(block({ customResponse })), count: handling })),
  overrideAction: optional(block({ count: nothing, none: nothing })),
  statement: required(
    block({
      ...matches,
      rateBasedStatement: optional(rateBasedStatement),
      managedRuleGroupStatement: optional(managedRuleGroupStatement),
    }),
  ),
  visibilityConfig: required(visibilityConfig),
});

/** Which requests are logged. */
export const loggingFilter = block({
  defaultBehavior: required(text(["KEEP", "DROP"])),
  filters: required(
    set(
      block({
        behavior: required(text(["KEEP", "DROP"])),
        requirement: required(text(["MEETS_ALL", "MEETS_ANY"])),
        conditions: required(
          set(
            block({
              actionCondition: optional(block({ action: required(text()) })),
              labelNameCondition: optional(block({ labelName: required(text()) })),
            }),
          ),
        ),
      }),
    ),
  ),
});

/** What is blotted out of the logs. */
export const redactedField = block({
  method: nothing,
  queryString: nothing,
  uriPath: nothing,
  singleHeader: optional(block({ name: required(text()) })),
});

/** Rules between a web ACL's inputs, as WAF has them and moto does not. */
export function checkRules({ rules, customResponseBodies: bodies }: Properties): string[] {
  const known = (Array.isArray(rules) ? rules : []).filter(isObject);
  const problems: string[] = [];
  for (const [index, each] of known.entries()) {
    const path = `rules[${index}]`;
    if (known.findIndex(({ priority }) => priority === each["priority"]) < index)
      problems.push(`${path}.priority must be of this rule alone, got ${String(each["priority"])} again.`);
    if ((each["action"] === undefined) === (each["overrideAction"] === undefined))
      problems.push(`${path} must have action, or overrideAction for a rule group: one of the two.`);
    const rate = isObject(each["statement"]) ? each["statement"]["rateBasedStatement"] : undefined;
    if (isObject(rate) && (rate["aggregateKeyType"] === "FORWARDED_IP") !== (rate["forwardedIpConfig"] !== undefined))
      problems.push(`${path}.statement must have forwardedIpConfig when aggregateKeyType is FORWARDED_IP, and only then.`);
    const key = bodyKeyOf(each);
    if (key !== undefined && Array.isArray(bodies) && !bodies.some((one) => isObject(one) && one["key"] === key))
      problems.push(`${path}.action must name a body of customResponseBodies, got ${key}.`);
    if (key !== undefined && bodies === undefined)
      problems.push(`${path}.action must name a body of customResponseBodies, which is missing.`);
  }
  return problems;
}

function bodyKeyOf({ action }: Properties): string | undefined {
  const blocking = isObject(action) ? action["block"] : undefined;
  const response = isObject(blocking) ? blocking["customResponse"] : undefined;
  const key = isObject(response) ? response["customResponseBodyKey"] : undefined;
  return typeof key === "string" ? key : undefined;
}
