const { spawnSync } = require("node:child_process");
const { mkdtempSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/**
 * Before any test: what the tests run against is there. On a new machine that takes minutes, which no test's timeout should have to allow.
 * In a process of its own, since jest would load the packages of the toolchain in its own way.
 */
module.exports = function globalSetup() {
  // Workers inherit it: suites share the rehearsal of this run, and of no other.
  process.env.MAESTROVERSE_TEST_RUN = mkdtempSync(join(tmpdir(), "test-run-"));
  const ops = join(__dirname, "..", "ops", "main.ts");
  const { status } = spawnSync(process.execPath, ["--import", require.resolve("tsx"), ops, "doctor", "--provide"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error("The tests need what `npm run doctor -- --provide` gets; it failed.");
};
