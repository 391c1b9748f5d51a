/** docs/policies.md, from the rules: what gates a deployment, and how an exception is made. */
import { CHECKLIST } from "../checklist";
import type { Rule } from "../policies/lib/rule";
import { WAIVER_DAYS } from "../policies/lib/waivers";
import { PACK_RULES } from "./policy-report";

const INTRODUCTION: Readonly<Record<string, string>> = {
  "maestroverse-checklist": "Every line and every number of the runbook.",
  "platform-baseline": "Hardening of Kubernetes, AWS, PostgreSQL and Datadog that any reviewer expects.",
};

/** The document. */
export function renderPolicies(): string {
  const packs = Object.entries(PACK_RULES);
  const total = packs.reduce((sum, [, rules]) => sum + rules.length, 0);
  const lines = CHECKLIST.map(({ id, title }) => {
    const names = packs.flatMap(([, rules]) => rules.filter(({ checklist }) => checklist.includes(id)).map(({ name }) => link(name)));
    return `| ${id} | ${cell(title)} | ${names.join(", ")} |`;
  });
  return `# Policies

<!-- Made from the rules by \`npm run ops -- render policies\`; a test holds it to them. Change policies/, not this file. -->

${total} rules in ${packs.length} packs gate every preview and every \`up\`. A preview fails on a violation of a mandatory rule and on one that could not be
evaluated (\`UNDETERMINED\`): a value that it reads is not known at preview, it failed, or the stack has nothing that it looks at.

\`\`\`bash
npm run preview -- --stack prod
npm run preview -- --stack prod --json preview.json --sarif policies.sarif --junit policies.xml --markdown policies.md
\`\`\`

With the Pulumi CLI alone: \`pulumi preview --policy-pack policies/maestroverse-checklist --policy-pack policies/platform-baseline\`. A number in
"may be tightened to" can be set in a file that \`--policy-pack-config\` names; a looser one is refused.

## Waivers

An exception stands in \`policies/waivers.yaml\`, for ${WAIVER_DAYS} days at most. Every waiver in force is printed at every preview; one that is expired, not
yet granted, malformed, of no rule, or that excused nothing fails it. \`UNDETERMINED\` cannot be waived.

\`\`\`yaml
waivers:
  - pack: platform-baseline
    rule: bucket-enforce-versioning
    urn: "urn:pulumi:staging::maestroverse-ops::*::backup-bucket" # * stands for any text, not in the stack's name
    reason: The bucket is moved to the new account until 12 December
    owner: ops@maestroverse.edu
    granted: "2026-11-24"
    expires: "2026-12-12"
\`\`\`

## Which rules answer for a line of the checklist

| line | what must hold | rules |
| --- | --- | --- |
${lines.join("\n")}

${packs.map(([pack, rules]) => `## ${pack}\n\n${INTRODUCTION[pack] ?? ""}\n\n${rules.map(section).join("\n")}`).join("\n")}`;
}

function section(rule: Rule): string {
  const limits = Object.values(rule.limits ?? {}).map(
    ({ description, unit, default: value, minimum, maximum }) =>
      `- Limit: ${description} is ${value} ${unit}; may be tightened to ${value === minimum ? maximum : minimum}.`,
  );
  const facts = [
    `- ${rule.severity}, ${rule.advisoryBecause === undefined ? "mandatory" : `advisory: ${prose(rule.advisoryBecause)}`}`,
    ...(rule.checklist.length === 0 ? [] : [`- Answers for ${rule.checklist.join(", ")}.`]),
    `- Looks at ${rule.types.map((type) => `\`${type}\``).join(", ")}${rule.mayBeAbsent === undefined ? "" : `; a stack may have none: ${prose(rule.mayBeAbsent)}`}.`,
    ...limits,
    `- Fix: ${prose(rule.remediationSteps)} See [${rule.page}](${rule.page}).`,
  ];
  return `### ${rule.name}\n\n${prose(rule.description)}\n\n${facts.join("\n")}\n`;
}

const link = (name: string) => `[${name}](#${name})`;
const cell = (text: string) => text.replaceAll("|", "\\|");

/** Text of a rule as Markdown: outside of code, what Markdown would take for HTML or emphasis is meant to the letter (`<stack>`, `0 2 * * *`). */
const prose = (text: string) =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replace(/<|\*|(?<!\w)_|_(?!\w)/g, "\\$&")))
    .join("");
