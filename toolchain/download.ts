/** Pulumi's official downloads: tried where the machine can reach them, and not again and again where it cannot. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { cacheDir } from "./cache";
import { InterruptedError, type Report } from "./run";

/** Where they come from. */
const DOWNLOAD_HOST = "https://get.pulumi.com/";
/** Seconds that the host has to answer: a machine without that access must not wait long. Without DNS it takes a tenth of one. */
const REACH_SECONDS = 10;
/** Hours for which a failed download is not tried again. */
export const DOWNLOAD_RETRY_HOURS = 24;

/**
 * Tries a download unless it failed in the last 24 hours.
 *
 * @param name of what is downloaded, for messages and to remember a failure by
 * @returns whether it is there now
 * @throws InterruptedError
 */
export async function tryDownload(
  name: string,
  report: Report,
  attempt: () => Promise<unknown>,
  options: { readonly now?: number; readonly reach?: () => Promise<unknown> } = {},
): Promise<boolean> {
  const { now = Date.now(), reach = reachHost } = options;
  const marker = cacheDir("downloads", `${name}.failed`);
  const failedAt = Number(await readFile(marker, "utf8").catch(() => "0"));
  if (now - failedAt < DOWNLOAD_RETRY_HOURS * 3_600_000) return false;
  report(`  trying the official download of ${name}`);
  try {
    await reach();
    await attempt();
    return true;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    await mkdir(cacheDir("downloads"), { recursive: true });
    await writeFile(marker, String(now));
    report(
      `  no official download of ${name}: ${reasonOf(error)} (next try in ${DOWNLOAD_RETRY_HOURS} h, or: npm run doctor -- --provide --retry-downloads)`,
    );
    return false;
  }
}

/** Forgets failed downloads, so that the next run tries again. */
export async function forgetFailedDownloads(): Promise<void> {
  await rm(cacheDir("downloads"), { recursive: true, force: true });
}

/** Any answer will do: which paths the host serves is the download's matter. */
async function reachHost(): Promise<void> {
  await fetch(DOWNLOAD_HOST, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(REACH_SECONDS * 1000) });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code ?? error.message.split("\n")[0] ?? error.name;
}
