/** How a pack starts. `pack.ts` is its file that makes the PolicyPack. */
const engine = process.ppid;

// An engine that was killed ends nobody. Its analyzers would stay, and report their broken pipes for ever: Pulumi's runner reports even the
// failure of a report.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => process.exit(1));
setInterval(() => {
  if (process.ppid !== engine) process.exit(1);
}, 1_000).unref();

// tsx runs the rules without the type check that the runner would repeat at every preview; `npm run check` has done it.
require("tsx/cjs");

module.exports = (file) => require(file);
