/** Starts serving when it is loaded, so everything else imports the rules. The engine starts it in this folder, compiled or not. */
import { serve } from "../lib/analyzer";
import { policyPack, readWaivers } from "../lib/pack";
import { version } from "./package.json";
import { CHECKLIST_RULES } from "./rules";

void serve(policyPack({ name: "maestroverse-checklist", version, rules: CHECKLIST_RULES, waivers: readWaivers("..") }));
