/** How long `--version` takes, against node itself. */

import { MAIN } from "../../registry-fixtures/secure-install.js";
import { alternate, median } from "../alternate.js";
import { timed } from "../command.js";
import { resultsTable } from "../report.js";
import type { Bench, Section } from "../section.js";
import { environment } from "../stage.js";

const MOST_MS = 60;
/** It is so short that chance weighs more than elsewhere. */
const ROUNDS_PER_PAIR = 5;

export async function startup({ stage, pairs, told }: Bench): Promise<Section> {
  told("start-up");
  const { project } = stage;
  const rest = { cwd: project.directory, env: environment(project) };
  const results = await alternate(
    [
      { name: "secure-install --version", run: () => timed({ line: [process.execPath, MAIN, "--version"], ...rest }) },
      { name: "node -e 0", run: () => timed({ line: [process.execPath, "-e", "0"], ...rest }) },
      { name: "secure-install --help", run: () => timed({ line: [process.execPath, MAIN, "--help"], ...rest }) },
    ],
    pairs * ROUNDS_PER_PAIR,
    () => {},
  );
  const [mine, bare] = results;
  if (!mine || !bare) throw new Error("a contestant has no result");
  const more = median(mine.runs.map(({ wallMs }, round) => wallMs - (bare.runs[round]?.wallMs ?? Number.NaN)));
  return {
    title: "Start-up",
    body: resultsTable(results),
    held: [{ what: "`--version`, beyond `node -e 0`", value: more, most: MOST_MS, unit: "ms" }],
  };
}
