/** Starts serving when it is loaded, so everything else imports the rules. */
import { serve } from "../lib/analyzer";
import { policyPack } from "../lib/pack";
import { name, version } from "./package.json";
import { BASELINE_RULES } from "./rules";

void serve(policyPack({ name: name as "platform-baseline", version, rules: BASELINE_RULES }));
