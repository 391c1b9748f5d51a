/** One of the two places that make a PolicyPack: its constructor starts serving, so everything else imports the rules. */
import { PolicyPack } from "@pulumi/policy";
import { packArguments } from "../lib/pack";
import { CHECKLIST_RULES } from "./rules";

new PolicyPack("maestroverse-checklist", packArguments({ name: "maestroverse-checklist", rules: CHECKLIST_RULES }));
