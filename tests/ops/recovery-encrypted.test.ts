/** Encrypted dumps of a bucket (moto's S3), and the identities that open them: where those come from, and that no message repeats one. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { encryptFile } from "../../ops/backup/encryption";
import type { Manifest } from "../../ops/backup/manifest";
import { askHidden } from "../../ops/cli/ask-hidden";
import { DumpSource } from "../../ops/recovery/dump-source";
import { readIdentities } from "../../ops/recovery/identities";
import { withEnvironment } from "../../toolchain/environment";
import { type Moto, startMoto } from "../helpers/moto";

const REGION = "eu-central-1";
const [YESTERDAY, TODAY] = ["maestroverse-20261123-0200.dump.age", "maestroverse-20261124-0200.dump.age"] as const;

let moto: Moto;
let s3: S3Client;
let folder: string;
let mine: string;
let others: string;
let [myKey, othersKey] = ["", ""];
let buckets = 0;
let bucket: string;

beforeAll(async () => {
  moto = await startMoto();
  s3 = new S3Client(moto.client(REGION));
  [mine, others] = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
  [myKey, othersKey] = await Promise.all([identityToRecipient(mine), identityToRecipient(others)]);
}, 60_000);
afterAll(() => moto.stop());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "recovery-encrypted-"));
  bucket = `dumps-${++buckets}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
/** Bytes of several of age's chunks. */
const plainOf = (name: string) => Buffer.from(name.repeat(10_000));

/** Stores an encrypted dump. @param change what is stored instead @param more what the manifest says instead */
async function store(name: string, recipients: string[], change = (bytes: Buffer) => bytes, more: Partial<Manifest> = {}): Promise<void> {
  const [source, target] = [join(folder, "source"), join(folder, "target")];
  writeFileSync(source, plainOf(name));
  await encryptFile(source, target, recipients);
  const bytes = readFileSync(target);
  rmSync(target);
  const plain = { plainSizeBytes: plainOf(name).length, plainSha256: sha256(plainOf(name)) };
  const manifest: Manifest = {
    formatVersion: 2,
    file: name,
    location: `s3://${bucket}/postgresql/${name}`,
    sizeBytes: bytes.length,
    sha256: sha256(bytes),
    encryption: { format: "age", recipients, ...plain },
    s3Checksum: "-",
    database: "maestroverse",
    host: "db",
    systemIdentifier: "1",
    serverVersion: "15.14",
    pgDumpVersion: "15.14",
    contents: { schema: {}, migration: null, tables: {}, largeObjects: 0 },
    suspicions: [],
    startedAt: "2026-11-24T02:00:00.000Z",
    finishedAt: "2026-11-24T02:01:00.000Z",
    ...more,
  };
  const put = (Key: string, Body: Buffer | string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: `postgresql/${Key}`, Body }));
  await put(name, change(bytes));
  await put(`${name}.manifest.json`, JSON.stringify(manifest));
}

const open = (identity: string | undefined, dump?: string) =>
  DumpSource.open(s3, {
    bucket,
    dump,
    identities: () => (identity === undefined ? readIdentities({}) : readIdentities({ ask: () => Promise.resolve(identity) })),
    signal: AbortSignal.timeout(20_000),
  });
const fetched = async (source: DumpSource) => {
  const file = join(folder, "dump");
  const { told } = await source.fetch(file, () => undefined);
  return { told, plain: readFileSync(file).toString(), left: readdirSync(folder).sort() };
};

describe("the newest dump, encrypted", () => {
  it("is fetched, compared, opened and compared again; the encrypted file does not stay", async () => {
    await store(YESTERDAY, [othersKey]);
    await store(TODAY, [othersKey, myKey]);
    const source = await open(mine);
    const { told, plain, left } = await fetched(source);
    expect([plain, source.skipped, left]).toEqual([plainOf(TODAY).toString(), [], ["dump", "source"]]);
    expect(told).toMatch(new RegExp(`^postgresql/${TODAY}, \\d+ bytes, SHA-256 as stored, opened with the identity of ${myKey}$`));
  });

  it("without an identity is refused before anything is fetched, with what to give", async () => {
    await store(TODAY, [myKey, othersKey]);
    await expect(open(undefined)).rejects.toThrow(
      `postgresql/${TODAY} is encrypted for ${myKey}, ${othersKey}: give its identity: --identity-file FILE, or --identity-env NAME with the name of a ` +
        "variable. Nothing was done.",
    );
  });

  it("with another's identity is refused before anything is fetched, with both public keys", async () => {
    await store(TODAY, [othersKey]);
    const refusal = await open(mine).catch((error: unknown) => (error as Error).message);
    expect(refusal).toBe(
      `postgresql/${TODAY} is encrypted for ${othersKey}, and the identity given is that of ${myKey}. Nothing was done; give one of the former's.`,
    );
  });

  it.each<[string, (bytes: Buffer) => Buffer, Partial<Manifest>, RegExp]>([
    ["is cut", (bytes) => bytes.subarray(0, 1000), {}, /^it has 1000 bytes, \d+ were stored$/],
    ["is another's bytes", (bytes) => Buffer.alloc(bytes.length), {}, /^its SHA-256 is not the one that was stored$/],
    [
      "opens to something else than was encrypted",
      (bytes) => bytes,
      { encryption: { format: "age", recipients: ["for all"], plainSizeBytes: 1, plainSha256: "0".repeat(64) } },
      /^it opens to another dump than was encrypted: the SHA-256 differs$/,
    ],
  ])("that %s is passed over, and the one before is opened", async (_, change, more, why) => {
    await store(YESTERDAY, [myKey]);
    const { encryption } = more;
    await store(TODAY, [myKey], change, encryption === undefined ? {} : { encryption: { ...encryption, recipients: [myKey] } });
    const source = await open(mine);
    expect((await fetched(source)).plain).toBe(plainOf(YESTERDAY).toString());
    expect(source.skipped).toEqual([{ key: `postgresql/${TODAY}`, why: expect.stringMatching(why) as string }]);
  });

  it("whose manifest names a recipient that it was not encrypted for is passed over", async () => {
    await store(YESTERDAY, [myKey]);
    const encryption = { format: "age" as const, recipients: [myKey], plainSizeBytes: 1, plainSha256: "0".repeat(64) };
    await store(TODAY, [othersKey], undefined, { encryption });
    const source = await open(mine);
    await fetched(source);
    expect(source.skipped.map(({ why }) => why)).toEqual(["it cannot be opened: no identity matched any of the file's recipients"]);
  });

  it("is not asked about where the one that is wanted is another", async () => {
    await store(TODAY, [othersKey]);
    await store(YESTERDAY, [myKey]);
    expect((await fetched(await open(mine, YESTERDAY))).plain).toBe(plainOf(YESTERDAY).toString());
  });
});

describe("identities", () => {
  const at = (text: string) => {
    const file = join(folder, "identity");
    writeFileSync(file, text);
    return file;
  };
  const refusal = (place: Parameters<typeof readIdentities>[0]) =>
    readIdentities(place).then(
      () => "accepted",
      (error: unknown) => (error as Error).message,
    );

  it("are read from a file as age-keygen writes it, several of them", async () => {
    const file = at(`# created: 2026-11-24T02:00:00Z\n# public key: ${myKey}\n${mine}\n\n${others} # the offline one\n`);
    expect(await readIdentities({ identityFile: file })).toEqual({ secrets: [mine, others], recipients: [myKey, othersKey] });
  });

  it("are read from a variable that is named", async () => {
    await withEnvironment({ DRILL_IDENTITY: mine }, async () => {
      expect((await readIdentities({ identityEnv: "DRILL_IDENTITY" })).recipients).toEqual([myKey]);
    });
  });

  it("are refused with what is wrong, and are not repeated", async () => {
    const half = mine.slice(0, 40);
    const messages = {
      cut: await refusal({ identityFile: at(`# mine\n${half}\n`) }),
      none: await refusal({ identityFile: at("# nothing\n") }),
      noFile: await refusal({ identityFile: join(folder, "none") }),
      noVariable: await refusal({ identityEnv: "NO_SUCH_IDENTITY" }),
      both: await refusal({ identityFile: "a", identityEnv: "b" }),
      inArgument: await refusal({ identityEnv: mine }),
      asPath: await refusal({ identityFile: mine.toLowerCase() }),
      typed: await refusal({ ask: () => Promise.resolve(half) }),
    };
    const argument = "was given an identity itself, which everybody on this machine can read: make another. It takes where one is.";
    const line = "is no identity of age (AGE-SECRET-KEY-1…, copied whole, not encrypted itself).";
    expect(messages).toEqual({
      cut: `line 2 of ${join(folder, "identity")} ${line}`,
      none: `${join(folder, "identity")} holds no identity of age (a line AGE-SECRET-KEY-1…).`,
      noFile: `--identity-file cannot be read: ENOENT: no such file or directory, open '${join(folder, "none")}'.`,
      noVariable: "--identity-env names NO_SUCH_IDENTITY, which the environment has not, or empty.",
      both: "--identity-file and --identity-env are both given: give one.",
      inArgument: `--identity-env ${argument}`,
      asPath: `--identity-file ${argument}`,
      typed: `line 1 of what was typed ${line}`,
    });
    expect(JSON.stringify(messages).toUpperCase()).not.toContain(mine.slice(16, 30));
  });

  it("are typed without being shown", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const asked = askHidden("Identity: ", AbortSignal.timeout(5000), { input, output });
    input.write(`${mine}\n`);
    expect([await asked, String(output.read())]).toEqual([mine, "Identity: \n"]);
  });
});
