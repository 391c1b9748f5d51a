/** Every command of `ops`, in the order in which a stack is made and lived with. A new one: a line here, and its file in ops/commands. */
import type { CommandEntry } from "./command";

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "doctor",
    summary: "Show which engine, plugins and servers this machine has, and get the missing ones on request.",
    load: async () => (await import("../commands/doctor.js")).doctorCommand,
  },
  {
    name: "init",
    summary: "Ask for what has to be known of a new stack, and write its settings file.",
    load: async () => (await import("../commands/init.js")).initCommand,
  },
  {
    name: "preview",
    summary: "Preview a stack on the real engine, gated by the policy packs; contacts nothing and needs no credential.",
    load: async () => (await import("../commands/preview.js")).previewCommand,
  },
  {
    name: "up",
    summary: "Deploy a stack: preview it, show what changes, ask, deploy; the policy packs gate both.",
    load: async () => (await import("../commands/up.js")).upCommand,
  },
  {
    name: "adopt",
    summary: "Take over what was deployed by hand: look what exists, show what becomes of it, ask, import; nothing is replaced.",
    load: async () => (await import("../commands/adopt.js")).adoptCommand,
  },
  {
    name: "drift",
    summary: "Compare roles, grants and defaults of a stack's database with what is specified; changes nothing.",
    load: async () => (await import("../commands/drift.js")).driftCommand,
  },
  {
    name: "verify",
    summary: "Look at a running stack, line by line of the checklist, with evidence; changes nothing.",
    load: async () => (await import("../commands/verify.js")).verifyCommand,
  },
  {
    name: "rotate",
    summary: "Rotate the application's secrets with nobody logged out: changes the settings file, deploys, checks every pod.",
    load: async () => (await import("../commands/rotate.js")).rotateCommand,
  },
  {
    name: "drill",
    summary: "Restore the newest backup into a database of its own, migrate and try it, and keep the findings; removes it again.",
    load: async () => (await import("../commands/drill.js")).drillCommand,
  },
  {
    name: "restore",
    summary: "Restore a backup into a new database and try it, for the day it is needed; nothing that exists is touched.",
    load: async () => (await import("../commands/restore.js")).restoreCommand,
  },
  {
    name: "render",
    summary: "Print what this program would configure, for those who do it without Pulumi; no secret among it.",
    load: async () => (await import("../commands/render.js")).renderCommand,
  },
  {
    name: "rehearse",
    summary: "Deploy the stack `rehearsal` on this machine against real servers, and call what it made.",
    load: async () => (await import("../commands/rehearse.js")).rehearseCommand,
  },
  {
    name: "completion",
    summary: "Print a script for your shell: the function `ops`, with completion of commands, options, stacks and values.",
    load: async () => (await import("../commands/completion.js")).completionCommand,
  },
];
