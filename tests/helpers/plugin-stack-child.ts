/** Runs operations that must fail, one message each, and answers what they say. @see PluginStack.failure */
import { type FailureRequest, PluginStack, type Program } from "./plugin-stack";

/** Milliseconds without a request after which the process ends: its test file is done. */
const IDLE_MILLISECONDS = 30_000;

async function failureOf(request: FailureRequest): Promise<string> {
  const exported = (await import(request.file)) as Record<string, (settings: unknown) => Program>;
  const makeProgram = exported[request.name];
  if (makeProgram === undefined) return `${request.file} exports no ${request.name}`;
  const stack = await PluginStack.open(request.folder, request.options).bind(makeProgram(request.settings));
  return stack[request.operation]().then(
    () => "it succeeded",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

process.on("unhandledRejection", () => undefined);
process.on("disconnect", () => process.exit());
let idle = setTimeout(() => process.exit(), IDLE_MILLISECONDS);
process.on("message", (request: FailureRequest) => {
  clearTimeout(idle);
  void failureOf(request)
    .catch((error: unknown) => `cannot be run: ${String(error)}`)
    .then((said) => {
      process.send?.(said);
      idle = setTimeout(() => process.exit(), IDLE_MILLISECONDS);
    });
});
