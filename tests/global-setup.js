const { spawnSync } = require("node:child_process");
const { join } = require("node:path");

/**
 * Before any test: what the tests run against is there. On a new machine that takes minutes, which no test's timeout should have to allow.
 * In a process of its own, since jest would load the packages of the toolchain in its own way.
 */
module.exports = function globalSetup() {
  const doctor = join(__dirname, "..", "toolchain", "main.ts");
  const { status } = spawnSync(process.execPath, ["--import", require.resolve("tsx"), doctor, "--provide"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error("The tests need what `npm run doctor -- --provide` gets; it failed.");
};
