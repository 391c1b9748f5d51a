/** `ops drill` of an encrypted dump on the whole environment: with its identity as with any other dump, and without it nothing is begun. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { execa } from "execa";
import { openAccess } from "../../ops/access";
import { manifestName } from "../../ops/backup/dump-files";
import { encryptFile } from "../../ops/backup/encryption";
import type { Manifest } from "../../ops/backup/manifest";
import { listAll, readText, wholeDumps } from "../../ops/recovery/dumps";
import type { Findings } from "../../ops/recovery/findings";
import { Systems } from "../../ops/verify/systems";
import { REPOSITORY } from "../../toolchain/versions";
import { KEEP_TIMEOUT, keepRehearsal, type SharedRehearsal } from "../helpers/kept-rehearsal";

/** Sorts after every dump of these days. */
const NAME = "maestroverse-20990101-0200.dump.age";
const KEY = `postgresql/${NAME}`;

let rehearsal: SharedRehearsal;
let systems: Systems;
let s3: S3Client;
let folder: string;
let identity: string;
let recipient: string;

beforeAll(async () => {
  rehearsal = await keepRehearsal();
  systems = new Systems(await openAccess("rehearsal"));
  s3 = await systems.s3();
  folder = mkdtempSync(join(tmpdir(), "drill-encrypted-"));
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
  const Bucket = rehearsal.settings.backups.bucket;
  const [latest] = wholeDumps(await listAll(s3, { bucket: Bucket, prefix: "postgresql/" }));
  const manifest = JSON.parse(await readText(s3, Bucket, manifestName(latest?.key ?? ""))) as Manifest;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: latest?.key }));
  const [plain, encrypted] = [join(folder, "plain"), join(folder, "encrypted")];
  writeFileSync(plain, (await Body?.transformToByteArray()) ?? "");
  const { sourceBytes, sourceSha256, targetSha256 } = await encryptFile(plain, encrypted, [recipient]);
  const bytes = readFileSync(encrypted);
  await s3.send(new PutObjectCommand({ Bucket, Key: KEY, Body: bytes }));
  const encryption = { format: "age", recipients: [recipient], plainSizeBytes: sourceBytes, plainSha256: sourceSha256 };
  const more = { file: NAME, versionId: undefined, sizeBytes: bytes.length, sha256: targetSha256, encryption };
  await s3.send(new PutObjectCommand({ Bucket, Key: manifestName(KEY), Body: JSON.stringify({ ...manifest, ...more }) }));
}, KEEP_TIMEOUT);

afterAll(async () => {
  try {
    for (const Key of [KEY, manifestName(KEY)]) await s3?.send(new DeleteObjectCommand({ Bucket: rehearsal.settings.backups.bucket, Key }));
    await systems?.close();
    rmSync(folder ?? "", { recursive: true, force: true });
  } finally {
    rehearsal?.release();
  }
});

/** Runs `ops` with the identity in a variable, or without. */
function ops(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const command = ["--import", require.resolve("tsx"), join(REPOSITORY, "ops", "main.ts"), ...args];
  return execa(process.execPath, command, { cwd: REPOSITORY, env, reject: false, stdin: "ignore" });
}

it("is opened with the identity of a variable that is named, restored, compared, and served; nothing says the identity", async () => {
  const args = ["drill", "--stack", "rehearsal", "--identity-env", "DRILL_IDENTITY", "--json"];
  const { stdout, stderr, exitCode } = await ops(args, { DRILL_IDENTITY: identity });
  const findings = JSON.parse(stdout) as Findings;
  expect([exitCode, findings.problems, findings.skipped, findings.steps[0]?.told]).toEqual([
    0,
    [],
    [],
    expect.stringMatching(new RegExp(`^${KEY}, \\d+ bytes, SHA-256 as stored, opened with the identity of ${recipient}$`)),
  ]);
  expect((stdout + stderr).toUpperCase()).not.toContain(identity.slice(16, 40));
}, 120_000);

it.each([
  ["drill", []],
  ["restore", ["--to", "maestroverse_never", "--yes"]],
])(
  "is refused by ops %s without its identity, and with another's: no database is made, no finding is stored",
  async (command, more) => {
    const admin = await systems.administrator();
    const there = async () => [
      (await admin.query("SELECT datname FROM pg_database ORDER BY 1")).rows,
      (await listAll(s3, { bucket: rehearsal.settings.backups.bucket, prefix: "" })).map(({ Key }) => Key).sort(),
    ];
    const before = await there();
    const args = [command, "--stack", "rehearsal", ...more];
    const without = await ops(args);
    const other = await generateX25519Identity();
    const file = join(folder, "other");
    writeFileSync(file, other);
    const another = await ops([...args, "--identity-file", file]);
    // Before it, packages may warn of this machine's Node.js.
    const told = (stderr: string) => stderr.trim().split("\n").at(-1);
    expect([without.exitCode, told(without.stderr), another.exitCode, told(another.stderr)]).toEqual([
      1,
      `${KEY} is encrypted for ${recipient}: give its identity: --identity-file FILE, or --identity-env NAME with the name of a variable. Nothing was done.`,
      1,
      `${KEY} is encrypted for ${recipient}, and the identity given is that of ${await identityToRecipient(other)}. Nothing was done; give one of the former's.`,
    ]);
    expect(await there()).toEqual(before);
  },
  120_000,
);
