/** The backup program's rules by themselves. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { dumpName, listDumps, publish } from "../../ops/backup/dump-files";
import { applyRetention, expiredDumps } from "../../ops/backup/retention";
import { readSettings } from "../../ops/backup/settings";
import { partBytes } from "../../ops/backup/upload";

/** A public key of age. */
const RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const DAY = 24 * 3_600_000;
const NOW = new Date("2026-11-24T02:05:00Z");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "backup-rules-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const put = (...names: string[]) => names.forEach((name) => writeFileSync(join(folder, name), name));

describe("retention", () => {
  const daysAgo = (days: number, verified = true, held = false) => {
    const startedAt = new Date(NOW.getTime() - days * DAY);
    return { name: dumpName(startedAt), startedAt, sequence: 1, verified, held };
  };
  const ages = (dumps: readonly { startedAt: Date }[]) => dumps.map(({ startedAt }) => (NOW.getTime() - startedAt.getTime()) / DAY);

  it("lets go what is older than its days, and not what is as old", () => {
    expect(
      ages(
        expiredDumps(
          [0, 29, 30, 31, 90].map((days) => daysAgo(days)),
          NOW,
          30,
        ),
      ),
    ).toEqual([31, 90]);
  });

  it("lets nothing go when the newest was not verified, or none was: there are only bad backups then", () => {
    expect(expiredDumps([daysAgo(0, false), daysAgo(40, false), daysAgo(60), daysAgo(70)], NOW, 30)).toEqual([]);
    expect(expiredDumps([daysAgo(40, false), daysAgo(50, false)], NOW, 30)).toEqual([]);
  });

  it("lets nothing go that is under a legal hold, whether it was verified or not", () => {
    const dumps = [daysAgo(0), daysAgo(40, true, true), daysAgo(50, false, true), daysAgo(60)];
    expect(ages(expiredDumps(dumps, NOW, 30))).toEqual([60]);
  });

  it("lets nothing go for a clock that was set back, by an hour or by a year", () => {
    const dumps = [daysAgo(0), daysAgo(29.99), daysAgo(30)];
    for (const back of [1 / 24, 365]) expect(expiredDumps(dumps, new Date(NOW.getTime() - back * DAY), 30)).toEqual([]);
  });

  it("always leaves the newest verified one, the newest one and those on hold", () => {
    const history = fc.uniqueArray(fc.record({ days: fc.integer({ min: 0, max: 400 }), verified: fc.boolean(), held: fc.boolean() }), {
      selector: ({ days }) => days,
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 400 }), (entries, retentionDays) => {
        const dumps = entries
          .map(({ days, verified, held }) => daysAgo(days, verified, held))
          .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
        const gone = expiredDumps(dumps, NOW, retentionDays);
        expect(gone).not.toContain(dumps[0]);
        expect(gone).not.toContain(dumps.find(({ verified }) => verified));
        expect(ages(gone).every((age) => age > retentionDays)).toBe(true);
        expect(gone.filter(({ held }) => held)).toEqual([]);
      }),
    );
  });

  it("knows a hold by the file beside the dump", () => {
    const [young, held] = [dumpName(NOW), dumpName(new Date(NOW.getTime() - 31 * DAY))];
    put(young, `${young}.manifest.json`, held, `${held}.manifest.json`, `${held}.hold`);
    expect(applyRetention(folder, NOW, 30)).toEqual([]);
    rmSync(join(folder, `${held}.hold`));
    expect(applyRetention(folder, NOW, 30)).toEqual([held]);
  });

  it("takes a dump with its manifest from the disk, and touches nothing that is not a dump", () => {
    const [young, old] = [dumpName(NOW), dumpName(new Date(NOW.getTime() - 31 * DAY))];
    put(young, `${young}.manifest.json`, old, `${old}.manifest.json`, "maestroverse-2026.dump", "notes.txt", ".lock");
    expect(applyRetention(folder, NOW, 30)).toEqual([old]);
    expect(readdirSync(folder).sort()).toEqual([".lock", young, `${young}.manifest.json`, "maestroverse-2026.dump", "notes.txt"].sort());
  });
});

describe("a dump's name", () => {
  it("is the runbook's, in UTC", () => {
    expect(dumpName(new Date("2026-11-24T03:05:59+01:00"))).toBe("maestroverse-20261124-0205.dump");
  });

  it("is read back for what it says, the newest first, of the same minute the later first", () => {
    put("maestroverse-20261123-0200.dump", "maestroverse-20261124-0200.dump", "maestroverse-20261124-0200-2.dump");
    put("maestroverse-20261124-0200.dump.manifest.json", "maestroverse-20261399-0200.dump", ".partial-maestroverse-20261125-0200.dump");
    put("maestroverse-20261124-0300.dump.age", "maestroverse-20261124-0400.dump.gpg", ".partial-maestroverse-20261125-0200.dump.age");
    expect(listDumps(folder).map(({ name, verified }) => [name, verified])).toEqual([
      ["maestroverse-20261124-0300.dump.age", false],
      ["maestroverse-20261124-0200-2.dump", false],
      ["maestroverse-20261124-0200.dump", true],
      ["maestroverse-20261123-0200.dump", false],
    ]);
  });

  it("is never given to two dumps", async () => {
    put("a", "b");
    const names = [await publish(join(folder, "a"), folder, NOW), await publish(join(folder, "b"), folder, NOW)];
    expect(names).toEqual(["maestroverse-20261124-0205.dump", "maestroverse-20261124-0205-2.dump"]);
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
  });
});

describe("an upload's parts", () => {
  it.each([
    [1, 16],
    [100 * 1024 ** 3, 16],
    [1024 ** 4, 117],
  ])("of %d bytes are of %d MiB", (bytes, mebibytes) => {
    expect(partBytes(bytes)).toBe(mebibytes * 1024 ** 2);
  });

  it("are never more than S3 takes, up to its largest object", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 * 1024 ** 4 }), (bytes) => {
        expect(Math.ceil(bytes / partBytes(bytes))).toBeLessThanOrEqual(10_000);
      }),
    );
  });
});

describe("the environment", () => {
  const GOOD = {
    PGHOST: "db.maestroverse.edu",
    PGPORT: "5432",
    PGDATABASE: "maestroverse",
    PGUSER: "maestro_backup",
    PGPASSWORD: "secret",
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: "/etc/ssl/certs/database-ca.pem",
    BACKUP_DIRECTORY: "/backups",
    BACKUP_BUCKET: "maestroverse-backups",
    BACKUP_PREFIX: "postgresql/",
    BACKUP_KMS_KEY: "alias/maestroverse-backup",
    BACKUP_RETENTION_DAYS: "30",
    AWS_REGION: "eu-central-1",
  };
  const problems = (change: Record<string, string | undefined>) => {
    try {
      readSettings({ ...GOOD, ...change });
      return [];
    } catch (error) {
      return (error as { problems: string[] }).problems;
    }
  };

  it("is accepted as the pod has it", () => {
    expect(problems({})).toEqual([]);
  });

  it.each([
    [{ PGHOST: undefined }, "PGHOST must be the database's host, got nothing."],
    [{ PGPORT: "65536" }, 'PGPORT must be a TCP port, 1 to 65535, got "65536".'],
    [{ PGPASSWORD: undefined }, "PGPASSWORD must be that role's password, got nothing."],
    [{ PGSSLMODE: "require" }, 'PGSSLMODE must be verify-full (disable only on the loopback), got "require".'],
    [{ PGSSLMODE: "disable" }, 'PGSSLMODE must be verify-full for a database that is not on the loopback, got "disable".'],
    [{ PGSSLROOTCERT: undefined }, "PGSSLROOTCERT must be the file of certificates that verify-full checks against, got nothing."],
    [{ BACKUP_DIRECTORY: "backups" }, 'BACKUP_DIRECTORY must be an absolute path, got "backups".'],
    [{ BACKUP_PREFIX: "postgresql" }, 'BACKUP_PREFIX must be empty, or words that end with /, got "postgresql".'],
    [
      { BACKUP_RECIPIENTS: `${RECIPIENT},${RECIPIENT}` },
      `BACKUP_RECIPIENTS must be public keys of age (age1…), each once, with commas between them; never an identity (AGE-SECRET-KEY-…), which opens every dump, got "${RECIPIENT},${RECIPIENT}".`,
    ],
    [{ BACKUP_RETENTION_DAYS: "0" }, 'BACKUP_RETENTION_DAYS must be 1 to 3650 (days), got "0".'],
  ])("is refused with %o", (change, problem) => {
    expect(problems(change)).toEqual([problem]);
  });

  it.each([
    [undefined, []],
    ["", []],
    [RECIPIENT, [RECIPIENT]],
  ])("has the recipients %s", (text, recipients) => {
    expect(readSettings({ ...GOOD, BACKUP_RECIPIENTS: text }).recipients).toEqual(recipients);
  });

  it("may leave TLS out on the loopback only", () => {
    for (const host of ["127.0.0.1", "127.8.9.10", "localhost", "::1"])
      expect(problems({ PGHOST: host, PGSSLMODE: "disable", PGSSLROOTCERT: undefined })).toEqual([]);
  });
});
