/** Runs one operation that must fail and prints what it says. @see PluginStack.failure */
import { type FailureRequest, PluginStack, type Program } from "./plugin-stack";

async function main(request: FailureRequest): Promise<number> {
  const exported = (await import(request.file)) as Record<string, (settings: unknown) => Program>;
  const makeProgram = exported[request.name];
  if (makeProgram === undefined) throw new Error(`${request.file} exports no ${request.name}`);
  const stack = await PluginStack.open(request.folder, request.options).bind(makeProgram(request.settings));
  try {
    await stack[request.operation]();
    process.stdout.write("it succeeded");
    return 1;
  } catch (error) {
    process.stdout.write(error instanceof Error ? error.message : String(error));
    return 0;
  }
}

process.on("unhandledRejection", () => undefined);
void main(JSON.parse(process.argv[2] ?? "{}") as FailureRequest).then((code) => process.exit(code));
