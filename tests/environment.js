const { TestEnvironment } = require("jest-environment-node");

/**
 * Node.js, where a stack trace of Pulumi's SDK costs little: it takes one for each promise that it makes, nobody here reads them, and jest maps each
 * to lines of TypeScript. That was two thirds of a component test's time.
 */
module.exports = class Environment extends TestEnvironment {
  constructor(...options) {
    super(...options);
    this.global.Error.prepareStackTrace = (error, sites) =>
      sites[0]?.getFunctionName() === "debuggablePromise" ? String(error) : Error.prepareStackTrace(error, sites);
  }
};
