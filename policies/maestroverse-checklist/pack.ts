/** Starts serving when it is loaded, so everything else imports the rules. */
import { serve } from "../lib/analyzer";
import { policyPack } from "../lib/pack";
import { name, version } from "./package.json";
import { CHECKLIST_RULES } from "./rules";

void serve(policyPack({ name: name as "maestroverse-checklist", version, rules: CHECKLIST_RULES }));
