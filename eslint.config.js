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
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ["**/*.ts"] })),
  {
    files: ["**/*.ts"],
    plugins: { "@pulumi": pulumi },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/unbound-method": "off",
      "@pulumi/no-output-in-template-literal": "error",
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Read settings through config.ts or toolchain/." },
      ],
    },
  },
  { files: ENVIRONMENT_READERS, rules: { "no-restricted-properties": "off" } },
  {
    // Mutations look deep into inputs of a hundred types.
    files: ["tests/policies/mutations/**"],
    rules: {
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  { files: ["**/*.js"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
