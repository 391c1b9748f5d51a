/** moto, AWS in the rehearsal: a Python environment of its own in the cache. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installPackages } from "./debian-tools";
import { type Report, runStep, versionOf } from "./run";
import { allOnPath } from "./search-path";
import { cached, type Tool, toolDir } from "./tool";
import { atLeast, likeVersion, MOTO_VERSION, PYTHON_MINIMUM, REPOSITORY } from "./versions";

/** The services that the program uses. */
const EXTRAS = ["s3", "secretsmanager", "kms", "iam", "sts", "wafv2", "rds", "logs", "server"];
const CONSTRAINTS = join(REPOSITORY, "toolchain", "python", "moto-constraints.txt");

/** AWS in the rehearsal. Its server cannot be asked for its version, so one on PATH is not used. */
export const motoTool: Tool = {
  name: "moto_server",
  purpose: "AWS in the rehearsal",
  wanted: likeVersion(MOTO_VERSION, 3),
  versionArguments: [],
  candidates: () => cached(join(toolDir("moto", MOTO_VERSION), "bin", "moto_server"), MOTO_VERSION, "PyPI"),
  remedy: "installing it from PyPI into a Python environment of its own",
  async get(report, signal) {
    const python = await providePython(report, signal);
    const target = toolDir("moto", MOTO_VERSION);
    // An environment holds absolute paths, so it is made in place; what marks it as complete is the server, written last.
    await rm(target, { recursive: true, force: true });
    const environment = join(target, "venv");
    await runStep("making a Python environment", report, [python, "-m", "venv", environment], { signal });
    const pip = [join(environment, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "--no-input"] as const;
    const requirement = `moto[${EXTRAS.join(",")}]==${MOTO_VERSION}`;
    await runStep("installing moto from PyPI", report, [...pip, "--constraint", CONSTRAINTS, requirement], { signal });
    await mkdir(join(target, "bin"));
    await writeFile(join(target, "bin", "moto_server"), `#!/bin/sh\nexec "${join(environment, "bin", "moto_server")}" "$@"\n`, {
      mode: 0o755,
    });
  },
};

/** A Python that can make environments. @throws Error with what was found and what to install */
async function providePython(report: Report, signal: AbortSignal | undefined): Promise<string> {
  const usable = await findPython();
  if (usable.path !== undefined) return usable.path;
  const what = `Python ${PYTHON_MINIMUM} or newer with its venv module`;
  report(`  ${what} is missing${usable.refused === "" ? "" : `: ${usable.refused}`}`);
  await installPackages(what, ["python3", "python3-venv"], report, signal);
  const { path, refused } = await findPython();
  if (path === undefined) throw new Error(`${what} is needed: ${refused}. Put one on PATH and run again.`);
  return path;
}

async function findPython(): Promise<{ path?: string; refused: string }> {
  const refused: string[] = [];
  for (const path of await allOnPath("python3")) {
    const version = await versionOf(path, ["--version"]);
    if (version === undefined || !atLeast(version, PYTHON_MINIMUM)) refused.push(`${path} is Python ${version ?? "of no known version"}`);
    // Debian ships venv without what it needs, ensurepip.
    else if ((await versionOf(path, ["-c", "import ensurepip, venv; print('1.0')"])) === undefined)
      refused.push(`${path} cannot make environments (python3-venv)`);
    else return { path, refused: "" };
  }
  return { refused: refused.join(", ") };
}
