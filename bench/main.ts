/**
 * `npm run bench`: our commands beside others that do comparable work, in turns, on one loopback registry that signs.
 * Progress goes to stderr, the results to stdout, as Markdown.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { npmScript } from "../registry-fixtures/npm.js";
import { HELP, readOptions, type SectionName } from "./options.js";
import { machine, targetsTable } from "./report.js";
import type { Bench, Section } from "./section.js";
import { attestations } from "./sections/attestations.js";
import { audit } from "./sections/audit.js";
import { install } from "./sections/install.js";
import { memory } from "./sections/memory.js";
import { proof } from "./sections/proof.js";
import { signatures } from "./sections/signatures.js";
import { startup } from "./sections/startup.js";
import { openStage } from "./stage.js";
import { realSupply } from "./supply.js";
import { syntheticSupply } from "./synthetic.js";
import { cacheFolder } from "./tarballs.js";

const BY_NAME: Readonly<Record<SectionName, (bench: Bench) => Promise<Section>>> = {
  install,
  signatures,
  audit,
  attestations,
  proof,
  memory,
  startup,
};

const told = (line: string): void => void process.stderr.write(`${line}\n`);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const options = readOptions(process.argv.slice(2));
if (options === null) say(HELP);
else {
  const { pairs, many, only, generated } = options;
  const cache = options.cache ?? cacheFolder();
  const supply = await (generated === null ? realSupply(root(), cache, told) : syntheticSupply(cache, generated));
  const stage = await openStage(supply);
  try {
    const sections: Section[] = [];
    for (const name of only) sections.push(await BY_NAME[name]({ stage, cache, pairs, many, told }));
    say(`${supply.what}; rounds: ${pairs}; ${new Date().toISOString().slice(0, 10)}.\n${machine(npmVersion())}\n`);
    say(targetsTable(sections.flatMap(({ held }) => held)));
    for (const { title, body } of sections) say(`### ${title}\n\n${body}`);
  } finally {
    await stage.close();
  }
}

function npmVersion(): string {
  return execFileSync(process.execPath, [npmScript(), "--version"], { encoding: "utf8" }).trim();
}

/** The repository's folder, wherever this was compiled to below it. */
function root(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) return at;
    if (dirname(at) === at) throw new Error("there is no package.json above the bench");
  }
}
