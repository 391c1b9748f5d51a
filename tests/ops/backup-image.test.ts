/** The nightly dump's image: what its Dockerfile says is what the pod's specification wants, and its program runs with nothing beside it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { BACKUP_NAME } from "../../components/lib/backup-names";
import { POD_SECURITY_CONTEXT } from "../../components/lib/pod-security";
import { REPOSITORY } from "../../ops/engine";

const dockerfile = readFileSync(join(REPOSITORY, "ops", "backup", "Dockerfile"), "utf8");
const instructions = dockerfile
  .replaceAll("\\\n", " ")
  .split("\n")
  .filter((line) => /^[A-Z]/.test(line))
  .map((line) => line.replace(/\s+/g, " "));
const lastStage = instructions.findLastIndex((line) => line.startsWith("FROM "));

it("ends with the program alone, under the name and the user that the pod has", () => {
  const last = instructions.slice(lastStage).slice(-3);
  const { runAsUser, runAsGroup } = POD_SECURITY_CONTEXT as { runAsUser: number; runAsGroup: number };
  expect(last).toEqual([
    `COPY --from=program --chmod=755 /${BACKUP_NAME} /usr/local/bin/${BACKUP_NAME}`,
    `USER ${runAsUser}:${runAsGroup}`,
    `ENTRYPOINT ["${BACKUP_NAME}"]`,
  ]);
});

it("runs what it renders, with Node.js and nothing else, and says in one line what is missing", async () => {
  const [, command = "", file] = /^RUN (npm run .*) > (\S+)$/.exec(instructions[lastStage - 1] ?? "") ?? [];
  expect(file).toBe(`/${BACKUP_NAME}`);
  const folder = mkdtempSync(join(tmpdir(), "backup-image-"));
  try {
    const program = join(folder, BACKUP_NAME);
    const { stdout } = await execa("sh", ["-c", command], { cwd: REPOSITORY });
    writeFileSync(program, stdout, { mode: 0o755 });
    const { exitCode, stderr } = await execa(program, {
      cwd: folder,
      extendEnv: false,
      env: { PATH: dirname(process.execPath) + ":/usr/bin:/bin" },
      reject: false,
    });
    const line = stderr.split("\n").at(-1) ?? "";
    expect([exitCode, JSON.parse(line)]).toEqual([
      1,
      expect.objectContaining({ status: "error", message: expect.stringContaining("PGHOST") as string }),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
