const js = require("@eslint/js");
const pulumi = require("@pulumi/eslint-plugin");
const tseslint = require("typescript-eslint");

/** Files that may read the environment: the settings, the toolchain, and programs that run inside a pod. */
const ENVIRONMENT_READERS = ["config.ts", "toolchain/**", "ops/backup/settings.ts", "rehearsal/sample-server/**", "tests/**"];

module.exports = tseslint.config(
  { ignores: ["node_modules/", "coverage/"] },
  js.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: {
      globals: { module: "writable", require: "readonly", process: "readonly", setInterval: "readonly", __dirname: "readonly" },
    },
  },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ["**/*.ts"] })),
  {
    files: ["**/*.ts"],
    plugins: { "@pulumi": pulumi },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/unbound-method": "off",
      // Of an index that may be missing the compiler knows nothing (no noUncheckedIndexedAccess): the guards that are needed would be "unnecessary".
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-useless-default-assignment": "off",
      // `?.… === true` says that nothing counts as no.
      "@typescript-eslint/no-unnecessary-boolean-literal-compare": "off",
      "@typescript-eslint/no-invalid-void-type": "off",
      // This program has no enums, and looking for them is a quarter of the time.
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      // An arrow that gives back what a call gives is how this code is written.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // Models of the clients for Kubernetes and Datadog are classes in name: their fields are what is sent.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/no-misused-spread": "off",
      // Objects that stand for JSON have keys that are data.
      "@typescript-eslint/no-dynamic-delete": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true, allowNullish: true, allowAny: true },
      ],
      "@pulumi/no-output-in-template-literal": "error",
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Read settings through config.ts or toolchain/." },
      ],
    },
  },
  // A text for `node -e` in a container, which has its own environment.
  {
    files: ["ops/recovery/smoke.cjs"],
    languageOptions: { globals: { process: "readonly", Buffer: "readonly", require: "readonly", setTimeout: "readonly" } },
    rules: { "no-restricted-properties": "off", "@typescript-eslint/no-require-imports": "off" },
  },
  { files: ENVIRONMENT_READERS, rules: { "no-restricted-properties": "off" } },
  {
    // What a test takes for granted fails in the test.
    files: ["tests/**"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/use-unknown-in-catch-callback-variable": "off",
    },
  },
  {
    // Mutations look deep into inputs of a hundred types.
    files: ["tests/policies/mutations/**"],
    rules: {
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/restrict-plus-operands": "off",
    },
  },
  { files: ["**/*.js"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
