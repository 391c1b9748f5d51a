import { DOWNLOAD_RETRY_HOURS, forgetFailedDownloads, tryDownload } from "../../toolchain/download";
import { InterruptedError } from "../../toolchain/run";
import { type FakeMachine, startFakeMachine } from "../helpers/fake-machine";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-24T12:00:00Z");

let machine: FakeMachine;
let lines: string[];
beforeEach(() => {
  machine = startFakeMachine();
  lines = [];
});
afterEach(() => machine.remove());

const unreachable = () => Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ENOTFOUND" }) }));
const reachable = () => Promise.resolve();
const attempt = (reach: () => Promise<unknown>, now = NOW, download: () => Promise<unknown> = reachable) =>
  tryDownload("thing", (line) => lines.push(line), download, { reach, now });

it("is there when the host answers and the download succeeds", async () => {
  expect(await attempt(reachable)).toBe(true);
  expect(lines).toEqual(["  trying the official download of thing"]);
});

it("says why it failed, and when it is tried again", async () => {
  expect(await attempt(unreachable)).toBe(false);
  expect(lines).toEqual([
    "  trying the official download of thing",
    "  no official download of thing: ENOTFOUND (next try in 24 h, or: npm run doctor -- --provide --retry-downloads)",
  ]);
});

it("is not tried again for 24 hours, then is", async () => {
  await attempt(unreachable);
  expect(await attempt(reachable, NOW + DOWNLOAD_RETRY_HOURS * HOUR - 1)).toBe(false);
  expect(await attempt(reachable, NOW + DOWNLOAD_RETRY_HOURS * HOUR)).toBe(true);
});

it("is tried again at once when the failure is to be forgotten", async () => {
  await attempt(unreachable);
  await forgetFailedDownloads();
  expect(await attempt(reachable)).toBe(true);
});

it("does not count an interruption as a failure", async () => {
  const interrupted = new InterruptedError("downloading thing", "SIGINT");
  await expect(attempt(reachable, NOW, () => Promise.reject(interrupted))).rejects.toThrow(interrupted);
  expect(await attempt(reachable)).toBe(true);
});
