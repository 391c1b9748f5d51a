/** Starts serving when it is loaded, so everything else imports the rules. The engine starts it in this folder, compiled or not. */
import { serve } from "../lib/analyzer";
import { policyPack, readWaivers } from "../lib/pack";
import { version } from "./package.json";
import { BASELINE_RULES } from "./rules";

void serve(policyPack({ name: "platform-baseline", version, rules: BASELINE_RULES, waivers: readWaivers("..") }));
