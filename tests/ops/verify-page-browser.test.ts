/** The page of a verification in Chromium: who cannot see, point, run scripts or reach a network reads it too. Pictures are left in coverage/. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { REPOSITORY } from "../../ops/engine";
import { verifyPage } from "../../ops/verify/page/page";
import { PROBES } from "../../ops/verify/probes";
import type { VerifyRecord } from "../../ops/verify/record";
import { axeTool, chromiumTool, provide } from "../../toolchain/tools";
import { failingRecord, HOSTILE, passingRecord } from "../helpers/verify-records";

/** What axe finds. */
interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  readonly passes: readonly { readonly id: string }[];
}

const pictures = join(REPOSITORY, "coverage", "verify-page");
const RECORDS: Readonly<Record<string, VerifyRecord>> = { failing: failingRecord(), passing: passingRecord() };

/** Two cores, and other tests beside it. */
jest.setTimeout(60_000);

let browser: Browser;
let axe: string;
let folder: string;
beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), "verify-page-"));
  for (const [name, record] of Object.entries(RECORDS))
    writeFileSync(join(folder, `${name}.html`), verifyPage(record, { runbookBaseUrl: "https://docs.example.edu/docs/runbook" }));
  const { path } = await provide(chromiumTool, () => undefined);
  axe = readFileSync((await provide(axeTool, () => undefined)).path, "utf8");
  // Root has no sandbox of Chromium's.
  browser = await chromium.launch({ executablePath: path, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}, 240_000);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a page did that it should not. */
interface Watched {
  readonly page: Page;
  readonly requests: string[];
  readonly complaints: string[];
}

async function open(name: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const [requests, complaints]: [string[], string[]] = [[], []];
  page.on("request", (request) => void requests.push(request.url()));
  page.on("console", (message) => void complaints.push(message.text()));
  page.on("pageerror", (error) => void complaints.push(error.message));
  await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
  return { page, requests, complaints };
}

/** Opens every fold, as a reader would who clicks all of them. */
const unfold = (page: Page) => page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })");

describe.each(["failing", "passing"])("a %s run", (name) => {
  it.each([
    ["light", 1280, "td-headers-attr"],
    ["dark", 1280, "td-headers-attr"],
    ["dark", 390, "scrollable-region-focusable"],
  ] as const)(
    "is accessible in %s at %i pixels, unfolded, by all rules of axe",
    async (colorScheme, width, rule) => {
      const { page } = await open(name, { colorScheme, viewport: { width, height: 900 } });
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${width}.png`), fullPage: true });
      await unfold(page);
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${width}-unfolded.png`), fullPage: true });
      // Evaluated by the debugger: the page's own policy lets nobody add a script.
      await page.evaluate(axe);
      const { violations, passes } = await page.evaluate<AxeResults>("axe.run()");
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      const looked = passes.map(({ id }) => id);
      expect(
        ["color-contrast", "heading-order", "landmark-one-main", "summary-name", rule].filter((each) => !looked.includes(each)),
      ).toEqual([]);
      await page.context().close();
    },
    120_000,
  );

  it("asks nobody for anything, and has nothing to complain of", async () => {
    const { page, requests, complaints } = await open(name);
    await unfold(page);
    await page.waitForLoadState("networkidle");
    expect([requests, complaints]).toEqual([[pathToFileURL(join(folder, `${name}.html`)).href], []]);
    await page.context().close();
  });

  it.each([320, 390, 768])("is not wider than a screen of %i pixels, unfolded", async (width) => {
    const { page } = await open(name, { viewport: { width, height: 800 } });
    if (width === 390) await page.screenshot({ path: join(pictures, `${name}-phone.png`), fullPage: true });
    await unfold(page);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    await page.context().close();
  });
});

it("has its text without JavaScript", async () => {
  const { page } = await open("failing", { javaScriptEnabled: false });
  const text = await page.locator("body").innerText();
  expect(text).toContain("staging: 2 lines do not hold, and of 1 line nobody knows");
  expect(text).toContain("maestro_app: drop a table: specified deny, got allow");
  expect(PROBES.filter(({ name }) => !text.includes(name)).map(({ name }) => name)).toEqual([]);
  // A fold is the browser's own.
  const evidence = page.locator("#flood .plot");
  expect(await evidence.isVisible()).toBe(false);
  await page.locator("#flood > summary").click();
  expect(await evidence.isVisible()).toBe(true);
  await page.context().close();
});

it("is led through by keys: every fold is reached in its order, and opens", async () => {
  const { page } = await open("passing");
  const reached: string[] = [];
  for (let pressed = 0; pressed < 200 && reached.length < PROBES.length; pressed++) {
    await page.keyboard.press("Tab");
    const id = await page.evaluate<string | null>(
      "document.activeElement.matches('summary') ? document.activeElement.parentElement.id : null",
    );
    if (id !== null) reached.push(id);
  }
  const inPage = await page.evaluate<string[]>("[...document.querySelectorAll('details.probe')].map(({ id }) => id)");
  expect(reached).toEqual(inPage);
  expect([...reached].sort()).toEqual(PROBES.map(({ name }) => name).sort());

  await page.locator("#flood > summary").focus();
  await page.keyboard.press("Enter");
  expect(await page.locator("#flood .plot").isVisible()).toBe(true);
  // What can be scrolled inside is the next stop.
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("The same as a table");
  await page.context().close();
});

it("prints everything that is folded, dark on light, whatever the screen has", async () => {
  const { page } = await open("passing", { colorScheme: "dark" });
  const shown = () =>
    page.evaluate<string[]>(
      "[...document.querySelectorAll('details.probe')].filter((fold) => fold.querySelector('.body').checkVisibility({ contentVisibilityAuto: true }) && fold.querySelector('.body').getBoundingClientRect().height > 20).map(({ id }) => id)",
    );
  expect(await shown()).toEqual([]);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  // What was skipped is laid out in the frames after it.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  expect((await shown()).sort()).toEqual(PROBES.map(({ name }) => name).sort());
  expect(await page.locator("#flood-1-table table").isVisible()).toBe(true);
  expect(await page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")).toEqual([
    "rgb(28, 31, 35)",
    "rgb(255, 255, 255)",
  ]);
  await page.screenshot({ path: join(pictures, "passing-print.png"), fullPage: true });
  await page.pdf({ path: join(pictures, "passing.pdf"), format: "A4" });
  await page.context().close();
});

it("shows what a hostile server sent, and does nothing of it", async () => {
  const { page, complaints } = await open("failing");
  expect(await page.title()).toBe("staging: fail · verification of 2026-11-28T05:00:00.000Z");
  expect(await page.evaluate("document.querySelectorAll('script, img, iframe, object, body style, [onerror]').length")).toBe(0);
  expect(await page.locator("#security-headers td", { hasText: "onerror" }).innerText()).toBe(HOSTILE);
  expect(complaints).toEqual([]);
  await page.context().close();
});
