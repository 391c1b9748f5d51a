// tsx runs the rules without the type check that Pulumi's runner would repeat at every preview; `npm run check` has done it.
require("tsx/cjs");
require("./pack.ts");
