/** `ops doctor`: what this machine has, in which version and from where. */
import { formatTable, inspect, missingOf } from "../../toolchain/doctor";
import { forgetFailedDownloads } from "../../toolchain/download";
import { provideAll, REHEARSAL_TOOLS } from "../../toolchain/tools";
import type { OpsCommand } from "../cli/command";
import { EXIT } from "../cli/exit-codes";
import { examples, jsonOption, type JsonTarget, textWriter, writeRecord } from "../cli/flags";

export const doctorCommand: OpsCommand = {
  define(command, { signal }) {
    command
      .option("--provide", "get everything that the rehearsal needs", false)
      .option("--retry-downloads", "with --provide: try official downloads again that failed in the last 24 hours", false)
      .addOption(jsonOption())
      .addHelpText("after", examples("npm run doctor", "npm run doctor -- --provide"))
      .action(async ({ provide, retryDownloads, json }: { provide: boolean; retryDownloads: boolean; json?: JsonTarget }) => {
        if (retryDownloads) await forgetFailedDownloads();
        if (provide) await provideAll(REHEARSAL_TOOLS, (line) => process.stderr.write(`${line}\n`), signal);
        const rows = await inspect();
        const missing = missingOf(rows);
        textWriter(json)(`${formatTable(rows)}\n`);
        await writeRecord(json, { missing, components: rows });
        if (missing.length === 0) return;
        process.stderr.write(
          `\nMissing: ${missing.join(", ")}. The rehearsal gets them when it needs them; now: npm run doctor -- --provide\n`,
        );
        process.exitCode = EXIT.found;
      });
  },
};
