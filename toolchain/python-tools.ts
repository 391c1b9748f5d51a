/** Tools from PyPI, each a Python environment of its own in the cache. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installPackages } from "./debian-tools";
import { type Report, runStep, versionOf } from "./run";
import { allOnPath } from "./search-path";
import { cached, type Tool, toolDir } from "./tool";
import { atLeast, GIXY_VERSION, likeVersion, MOTO_VERSION, PYTHON_MINIMUM, REPOSITORY } from "./versions";

/** The services of AWS that the program uses. */
const MOTO_EXTRAS = ["s3", "secretsmanager", "kms", "iam", "sts", "wafv2", "rds", "logs", "server"];

type PythonTool = Pick<Tool, "name" | "purpose"> & {
  /** Folder in the cache, and stem of its constraints under toolchain/python: what it needs, each at one version. */
  readonly folder: string;
  readonly version: string;
  /** What pip installs, but for the version. */
  readonly requirement: string;
};

/** One that is on PATH is not used: it need not be of that version, nor tell its own. */
function pythonTool({ folder, version, requirement, ...tool }: PythonTool): Tool {
  return {
    ...tool,
    wanted: likeVersion(version, 3),
    versionArguments: [],
    candidates: () => cached(join(toolDir(folder, version), "bin", tool.name), version, "PyPI"),
    remedy: "installing it from PyPI into a Python environment of its own",
    async get(report, signal) {
      const python = await providePython(report, signal);
      const target = toolDir(folder, version);
      // An environment holds absolute paths, so it is made in place; what marks it as complete is the program, written last.
      await rm(target, { recursive: true, force: true });
      const environment = join(target, "venv");
      await runStep("making a Python environment", report, [python, "-m", "venv", environment], { signal });
      const pip = [join(environment, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "--no-input"] as const;
      const constraints = join(REPOSITORY, "toolchain", "python", `${folder}-constraints.txt`);
      await runStep(`installing ${folder} from PyPI`, report, [...pip, "--constraint", constraints, `${requirement}==${version}`], {
        signal,
      });
      await mkdir(join(target, "bin"));
      const program = join(environment, "bin", tool.name);
      await writeFile(join(target, "bin", tool.name), `#!/bin/sh\nexec "${program}" "$@"\n`, { mode: 0o755 });
    },
  };
}

/** AWS in the rehearsal. */
export const motoTool = pythonTool({
  name: "moto_server",
  purpose: "AWS in the rehearsal",
  folder: "moto",
  version: MOTO_VERSION,
  requirement: `moto[${MOTO_EXTRAS.join(",")}]`,
});

/** Looks for mistakes in nginx configurations; the rehearsal does without. */
export const gixyTool = pythonTool({
  name: "gixy",
  purpose: "checks of nginx's configuration",
  folder: "gixy",
  version: GIXY_VERSION,
  requirement: "gixy-ng",
});

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
