/**
 * The SDK unpacks a resource anew for every rule: of 160 rules it makes 160 copies, and for each stack-wide rule one of the whole stack
 * (3 seconds of 5,000 resources each). Rules only read (a test holds them to it), so one copy serves all.
 *
 * The two functions are the SDK's own, reached through its modules: of a version that has them no more, every rule gets its copy again, and
 * tests/policies/unpack-once.test.ts fails.
 */
const deserialize = require("@pulumi/policy/deserialize");
const proxy = require("@pulumi/policy/proxy");

/** The result of `make` for each object, for as long as that lives. */
function once(make) {
  const made = new WeakMap();
  return (of) => {
    if (!made.has(of)) made.set(of, make(of));
    return made.get(of);
  };
}

const { deserializeProperties } = deserialize;
const unpacked = once((properties) => deserializeProperties(properties, false));
// With secrets kept apart it is a remediation's, which may change what it gets.
deserialize.deserializeProperties = (properties, keepSecrets) =>
  keepSecrets ? deserializeProperties(properties, true) : unpacked(properties);
proxy.unknownCheckingProxy = once(proxy.unknownCheckingProxy);
