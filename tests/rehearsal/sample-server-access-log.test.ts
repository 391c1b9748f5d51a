import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAccessLog } from "../../rehearsal/sample-server/server/access-log";

it("begins a new file when one is full, keeps one before it, and loses no line in between", async () => {
  const directory = mkdtempSync(join(tmpdir(), "access-log-"));
  // Two lines of about 100 bytes each.
  const log = await openAccessLog(directory, 0, 150);
  const server = createServer((request, response) => log.middleware(request, response, () => response.end()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  for (let index = 1; index <= 7; index++) await (await fetch(`http://127.0.0.1:${port}/${index}`)).text();
  await new Promise((resolve) => server.close(resolve));
  await log.close();

  const paths = (file: string) => [...readFileSync(join(directory, file), "utf8").matchAll(/"GET \/(\d) HTTP/g)].map(([, path]) => path);
  expect(readdirSync(directory).sort()).toEqual(["access.log", "access.log.1"]);
  expect([paths("access.log.1"), paths("access.log")]).toEqual([["5", "6"], ["7"]]);
  rmSync(directory, { recursive: true, force: true });
});
