/**
 * Dumps that are encrypted with age before they leave the program (runbook §5), on a real PostgreSQL and moto's S3: what lies on the volume and in the
 * bucket opens with a recipient's identity and with nothing else, and the plain dump is never found.
 */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { decryptFile } from "../../ops/backup/encryption";
import type { Manifest } from "../../ops/backup/manifest";
import { type BackupWorld, startBackupWorld } from "../helpers/backup-program";

let world: BackupWorld;
let identities: string[];
let recipients: string[];
beforeAll(async () => {
  world = await startBackupWorld();
  identities = await Promise.all([generateX25519Identity(), generateX25519Identity(), generateX25519Identity()]);
  recipients = await Promise.all(identities.slice(0, 2).map(identityToRecipient));
}, 120_000);
afterAll(() => world.stop());
beforeEach(() => world.reset());

const encrypted = () => ({ BACKUP_RECIPIENTS: recipients.join(",") });
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const onVolume = (name: string) => readFileSync(join(world.volume, name));
const nameless = (names: readonly string[]) => names.map((name) => name.replace(/\d{8}-\d{4}/, "…"));
/** What begins a dump in the custom format. */
const PLAIN = "PGDMP";
const HOLD = ": > $PLACE/held; i=0; while [ ! -e $PLACE/go ] && [ $((i += 1)) -lt 400 ]; do sleep 0.05; done";
const afterDump = (script: string) => `case "$1" in --version) exec "$REAL" "$@";; esac; "$REAL" "$@"; ${script}`;

/** Opens a file. @returns the path of the plain one */
async function opened(name: string, ...with_: string[]): Promise<string> {
  const target = join(world.place, "opened.dump");
  await decryptFile(join(world.volume, name), target, with_);
  return target;
}

describe("an encrypted dump", () => {
  it("is what lies on the volume and in S3, and the manifest says for whom, and what it was before", async () => {
    const { code, line, manifest } = await world.run(encrypted());
    const file = manifest?.file ?? "";
    expect([code, line.status, world.files()]).toEqual([0, "info", [".lock", file, `${file}.manifest.json`]]);
    expect(file).toMatch(/^maestroverse-\d{8}-\d{4}\.dump\.age$/);
    const { Contents = [] } = await world.s3.send(new ListObjectsV2Command({ Bucket: world.bucket, Prefix: world.prefix() }));
    expect(Contents.map(({ Key }) => Key)).toEqual([file, `${file}.manifest.json`].map((name) => world.prefix() + name));
    const { Body, Metadata } = await world.s3.send(new GetObjectCommand({ Bucket: world.bucket, Key: world.prefix() + file }));
    const stored = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(stored.equals(onVolume(file))).toBe(true);
    expect(stored.toString("latin1")).toMatch(/^age-encryption\.org\/v1\n/);
    expect(stored.includes(PLAIN)).toBe(false);

    const plain = readFileSync(await opened(file, identities[0]));
    expect(plain.toString("latin1", 0, PLAIN.length)).toBe(PLAIN);
    const { sizeBytes, encryption, location } = manifest as Manifest;
    expect([sizeBytes, manifest?.sha256, Metadata]).toEqual([stored.length, sha256(stored), { sha256: sha256(stored) }]);
    expect(encryption).toEqual({ format: "age", recipients, plainSizeBytes: plain.length, plainSha256: sha256(plain) });
    expect([location, line.manifest?.encryption]).toEqual([`s3://${world.bucket}/${world.prefix()}${file}`, encryption]);
  });

  it("opens with the identity of each recipient, and restores; another identity, and a changed byte, are refused", async () => {
    const { manifest } = await world.run(encrypted());
    const { file } = manifest as Manifest;
    const lists = [];
    for (const identity of identities.slice(0, 2)) {
      const plain = await opened(file, identity);
      lists.push(execFileSync(join(world.server.programs, "pg_restore"), ["--list", plain], { encoding: "utf8" }));
      execFileSync("rm", [plain]);
    }
    expect(lists[0]).toContain("TABLE DATA public User maestro_migrator");
    expect(lists[1]).toBe(lists[0]);
    await expect(opened(file, identities[2])).rejects.toThrow("no identity matched any of the file's recipients");
    const changed = onVolume(file);
    changed[changed.length - 20] = (changed.at(-20) ?? 0) ^ 1;
    writeFileSync(join(world.volume, file), changed);
    execFileSync("rm", ["--force", join(world.place, "opened.dump")]);
    await expect(opened(file, identities[0])).rejects.toThrow("invalid tag");
  });

  // Not every machine has it.
  (spawnSync("age", ["--version"]).status === 0 ? it : it.skip)(
    "opens with the program age, with the command of the runbook's page",
    async () => {
      const { manifest } = await world.run(encrypted());
      const { file, encryption } = manifest as Manifest;
      writeFileSync(join(world.place, "identity.txt"), `# of a drill\n${identities[1]}\n`);
      const { stdout } = await promisify(execFile)(
        "age",
        ["--decrypt", "--identity", join(world.place, "identity.txt"), join(world.volume, file)],
        {
          encoding: "buffer",
          maxBuffer: 64 * 1024 * 1024,
        },
      );
      expect(sha256(stdout)).toBe(encryption?.plainSha256);
    },
  );

  it("is read whole before it gets a name, as a plain one is", async () => {
    world.wrap("pg_dump", afterDump('for a; do f=${a#--file=}; done; truncate -s $(($(stat -L -c %s "$f") / 2)) "$f"'));
    const { code, line } = await world.run(encrypted());
    expect([code, line.message, world.files()]).toEqual([
      1,
      "backup failed: pg_restore failed (exit code 1): pg_restore: error: could not read from input file: end of file.",
      [".lock"],
    ]);
  });

  it("is the same night's retention as any other: expired ones go with their manifests, whatever their ending", async () => {
    mkdirSync(world.volume);
    const put = (...names: string[]) => names.forEach((name) => writeFileSync(join(world.volume, name), ""));
    put("maestroverse-20260101-0200.dump", "maestroverse-20260102-0200.dump.age", "maestroverse-20260102-0200.dump.age.manifest.json");
    put("maestroverse-20260103-0200.dump.age", "maestroverse-20260103-0200.dump.age.hold");
    const { line, manifest } = await world.run(encrypted());
    expect(line.removed).toEqual(["maestroverse-20260102-0200.dump.age", "maestroverse-20260101-0200.dump"]);
    const file = manifest?.file ?? "";
    expect(world.files()).toEqual(
      [".lock", "maestroverse-20260103-0200.dump.age", "maestroverse-20260103-0200.dump.age.hold", file, `${file}.manifest.json`].sort(),
    );
  });

  it("followed by a plain one is told, and nothing is removed for that one", async () => {
    const before = await world.run(encrypted());
    writeFileSync(join(world.volume, "maestroverse-20260101-0200.dump"), "");
    const { code, line } = await world.run();
    expect([code, line.status, line.removed, line.manifest?.suspicions]).toEqual([
      0,
      "warn",
      [],
      [`it is not encrypted, ${before.manifest?.file} is: backups.ageRecipients was emptied.`],
    ]);
  });
});

describe("the plain dump", () => {
  it("has no name on the volume, not even while it is made and read", async () => {
    world.wrap("pg_dump", afterDump("ls -A $PLACE/backups > $PLACE/while-dumped"));
    world.wrap("pg_restore", '"$REAL" "$@"; ls -A $PLACE/backups >> $PLACE/while-read');
    const { code } = await world.run(encrypted());
    const seen = (name: string) => nameless(readFileSync(join(world.place, name), "utf8").trim().split("\n"));
    expect([code, seen("while-dumped"), [...new Set(seen("while-read"))]]).toEqual([
      0,
      [".lock"],
      [".lock", ".partial-maestroverse-….dump.age"],
    ]);
  });

  it.each<[string, "pg_dump" | "pg_restore", string, string[]]>([
    ["is dumped", "pg_dump", afterDump(HOLD), [".lock"]],
    [
      "is read",
      "pg_restore",
      `case "$1" in --version) exec "$REAL" "$@";; esac; while [ -z "$(find $PLACE/backups -name ".partial-*.age" -size +0)" ]; do sleep 0.05; done; ${HOLD}; exec "$REAL" "$@"`,
      [".lock", ".partial-maestroverse-….dump.age"],
    ],
  ])("is gone with a run that is killed while it %s; the next run succeeds", async (_, program, script, left) => {
    world.wrap(program, script);
    const run = world.start(encrypted());
    await world.reached("held");
    run.process.kill("SIGKILL");
    await run.result;
    writeFileSync(join(world.place, "go"), "");
    expect(nameless(world.files())).toEqual(left);
    for (const name of world.files()) expect([name, onVolume(name).includes(PLAIN)]).toEqual([name, false]);
    const { code, manifest } = await world.run(encrypted());
    expect([code, world.files()]).toEqual([0, [".lock", manifest?.file, `${manifest?.file}.manifest.json`]]);
  });

  it("and the encrypted one do not fit: the run says which setting to change, and leaves nothing", async () => {
    const { encryption } = (await world.run(encrypted())).manifest as Manifest;
    world.reset();
    mkdirSync(world.volume, { recursive: true });
    const left = join(world.place, "left");
    const { code, line } = await world.start(encrypted(), [
      ...["bwrap", "--dev-bind", "/", "/", "--size", String(Math.ceil(((encryption?.plainSizeBytes ?? 0) * 1.5) / 4096) * 4096)],
      ...["--tmpfs", world.volume, "sh", "-c", `"$@"; code=$?; ls -A ${world.volume} > ${left}; exit $code`, "sh"],
    ]).result;
    expect([code, line.message, readFileSync(left, "utf8")]).toEqual([
      1,
      "backup failed: the dump cannot be encrypted: no space left on device. The volume is full: make backups.volumeGibibytes larger.",
      ".lock\n",
    ]);
  });
});

describe("recipients that are none", () => {
  const RULE =
    "BACKUP_RECIPIENTS must be public keys of age (age1…), each once, with commas between them; never an identity (AGE-SECRET-KEY-…), which opens every dump";

  it("are refused before anything is done: a typing error would lock everybody out", async () => {
    const wrong = recipients[0].replace(/.$/, (last) => (last === "q" ? "p" : "q"));
    const { code, line } = await world.run({ BACKUP_RECIPIENTS: wrong });
    expect([code, line.message, world.files()]).toEqual([
      1,
      `backup failed: 1 problem in the environment; nothing was done: ${RULE}, got ${JSON.stringify(wrong)}.`,
      [],
    ]);
  });

  it("for they are an identity, are not repeated", async () => {
    const { code, line, output } = await world.run({ BACKUP_RECIPIENTS: identities[0] });
    expect([code, line.message]).toEqual([1, `backup failed: 1 problem in the environment; nothing was done: ${RULE}, got (hidden).`]);
    expect(output.toUpperCase()).not.toContain(identities[0].slice(0, 30));
  });
});
