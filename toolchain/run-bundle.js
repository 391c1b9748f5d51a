/**
 * Runs a bundle (bundle.ts) with what V8 compiled of it the time before: `node run-bundle.js <bundle> [arguments]`. Parsing several MB of JavaScript
 * is half of such a program's start. Beside the bundle lies `<bundle>.v8`; where that is missing, or another Node.js made it, the program runs
 * without it and leaves a new one. V8 knows a source by its length only: a bundle never changes in its place (its folder's name is of its sources).
 */
const { readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname } = require("node:path");
const { setTimeout } = require("node:timers");
const { Script } = require("node:vm");

/** Milliseconds after the start at which what was compiled is kept: by then the program has served, so that its functions are among it. */
const KEPT_AFTER_MILLISECONDS = 1500;

process.argv.splice(1, 1);
const bundle = process.argv[1];
const kept = `${bundle}.v8`;

const cachedData = read(kept);
const source = readFileSync(bundle, "utf8");
const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, { filename: bundle, cachedData });
if (cachedData === undefined || script.cachedDataRejected === true) setTimeout(keep, KEPT_AFTER_MILLISECONDS).unref();
// As Node.js gives them to the file that it was started with.
const program = { exports: {} };
const requireFor = Object.assign(createRequire(bundle), { main: program });
script.runInThisContext()(program.exports, requireFor, program, bundle, dirname(bundle));

function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Written aside first: other processes may start meanwhile. Where it cannot be written, the next start is as slow as this one. */
function keep() {
  const partial = `${kept}.${process.pid}`;
  try {
    writeFileSync(partial, script.createCachedData());
    renameSync(partial, kept);
  } catch {
    rmSync(partial, { force: true });
  }
}
