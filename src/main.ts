/** argv in, exit status out: the only place that ends the process. */
import { EXIT } from "./model/codes.js";

// `--version` is asked for by scripts all day long, so nothing else is loaded for it.
const { run } = await import("./cli/run.js");
const status = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`secure-install: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.bug;
});
// Output that a pipe has not taken yet is written before the process ends.
// What could not be written has set a status of its own, which a run that went well does not take away.
if (status !== 0 || !process.exitCode) process.exitCode = status;
