/** One of the two places that make a PolicyPack: its constructor starts serving, so everything else imports the rules. */
import { PolicyPack } from "@pulumi/policy";
import { packArguments } from "../lib/pack";
import { BASELINE_RULES } from "./rules";

new PolicyPack("platform-baseline", packArguments({ name: "platform-baseline", rules: BASELINE_RULES }));
