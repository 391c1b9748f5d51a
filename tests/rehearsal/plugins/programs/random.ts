/** Programs for the tests of the random stand-in. */
import * as random from "@pulumi/random";

import type { Program } from "../../../helpers/plugin-stack";

/** One resource of each type. */
export function values({ generation = "1", length = 24 }: { generation?: string; length?: number } = {}): Program {
  return () => {
    const password = new random.RandomPassword("password", { length, minSpecial: 2, overrideSpecial: "-_", keepers: { generation } });
    const key = new random.RandomBytes("key", { length: 32 });
    const id = new random.RandomId("id", { byteLength: 4, prefix: "run-" });
    const text = new random.RandomString("text", { length: 8, special: false, upper: false });
    return Promise.resolve({ password: password.result, base64: key.base64, hex: key.hex, id: id.hex, dec: id.dec, text: text.id });
  };
}

/** A type that the stand-in does not know. */
export function unknownType(): Program {
  return () => {
    new random.RandomPet("pet");
    return Promise.resolve();
  };
}
