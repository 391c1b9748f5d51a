const { spawnSync } = require("node:child_process");
const { existsSync, rmSync } = require("node:fs");
const { join } = require("node:path");

/** After every test: the rehearsal that suites shared (helpers/kept-rehearsal.ts), if any did, has ended. One that the user keeps is not touched. */
module.exports = function globalTeardown() {
  const run = process.env.MAESTROVERSE_TEST_RUN;
  if (existsSync(join(run, "rehearsal")))
    spawnSync(process.execPath, ["--import", require.resolve("tsx"), join(__dirname, "..", "ops", "main.ts"), "rehearse", "down"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  rmSync(run, { recursive: true, force: true });
};
