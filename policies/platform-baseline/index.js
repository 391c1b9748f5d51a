require("../lib/start.js")(require.resolve("./pack.ts"));
