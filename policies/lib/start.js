/** How a pack starts under Pulumi's runner. */
const { basename, dirname, join } = require("node:path");

/** Folder of compiled packs, made of these very sources: ops/engine.ts names it to the engine. */
const compiled = process.env.MAESTROVERSE_POLICY_PACKS;

/** @param {string} file the pack's own, which serves when it is loaded */
module.exports = (file) => {
  if (compiled !== undefined) return require(join(compiled, `${basename(dirname(file))}.js`));
  // tsx runs the rules without the type check that the runner would repeat at every preview; `npm run check` has done it.
  require("tsx/cjs");
  return require(file);
};
