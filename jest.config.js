const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

/** Folders of packages that are ES modules: jest's module loader cannot require them as Node.js does, so they are transformed like our own files. */
function esModuleFolders() {
  const lock = JSON.parse(readFileSync(join(__dirname, "package-lock.json"), "utf8"));
  return Object.keys(lock.packages).filter((folder) => {
    const manifest = join(__dirname, folder, "package.json");
    return folder !== "" && existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).type === "module";
  });
}

/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "<rootDir>/tests/environment.js",
  roots: ["<rootDir>/tests"],
  globalSetup: "<rootDir>/tests/global-setup.js",
  globalTeardown: "<rootDir>/tests/global-teardown.js",
  testSequencer: "<rootDir>/tests/sequencer.js",
  testMatch: ["**/*.test.ts"],
  transform: {
    "^.+\\.(ts|mjs|js)$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } }],
  },
  transformIgnorePatterns: [`^${__dirname}/(?!(${esModuleFolders().join("|")})/(?!node_modules/))node_modules/`],
  moduleNameMapper: {
    // Its package.json names no file for `require`.
    "^unicorn-magic$": "<rootDir>/node_modules/unicorn-magic/node.js",
    // import() names what TypeScript will have made.
    "^(\\.\\.?/(?:architecture|commands|rehearsal)/.+)\\.js$": "$1",
  },
  // `npm run coverage`. What runs in a process of its own (the program under the engine, the CLI, the nightly dump) is not counted.
  coverageProvider: "v8",
  collectCoverageFrom: ["{components,ops,policies,settings}/**/*.ts", "{config,checklist}.ts"],
  coverageReporters: ["text-summary", "html", "json-summary"],
  // Suites wait for servers, timers and the engine about half of their time: three keep two cores busy.
  maxWorkers: 3,
  testTimeout: 30_000,
};
