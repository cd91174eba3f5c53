/**
 * An npm that writes down each of its runs before it does its work, put first in PATH: by it a test knows, from outside
 * of secure-install, whether npm was started at all, and with which arguments.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { realNpm } from "../installer/real-npm.js";

export interface Witness {
  /** A PATH in which this npm comes first. */
  readonly path: string;
  /** The arguments of every run so far: `["ci", "--prefix=…", …]`. */
  runs(): readonly (readonly string[])[];
  /** Forgets the runs so far. */
  clear(): void;
  remove(): void;
}

/** Sets it up in a temporary folder. The work itself is done by this machine's own npm. */
export async function npmWitness(): Promise<Witness> {
  const real = await realNpm();
  const folder = mkdtempSync(join(tmpdir(), "npm-witness-"));
  const log = join(folder, "runs.jsonl");
  const root = join(folder, "node_modules", "npm");
  mkdirSync(join(root, "bin"), { recursive: true });
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "npm", version: real.version }));
  const note = `require("node:fs").appendFileSync(${JSON.stringify(log)}, JSON.stringify(process.argv.slice(2)) + "\\n");`;
  writeFileSync(join(root, "bin", "npm-cli.js"), `${note}\nrequire(${JSON.stringify(real.cli)});\n`);
  // Which settings this npm knows is read from its own dependencies.
  symlinkSync(join(dirname(dirname(real.cli)), "node_modules"), join(root, "node_modules"), "junction");
  for (const name of ["npm", "npm.cmd"]) {
    writeFileSync(join(folder, name), "");
    chmodSync(join(folder, name), 0o755);
  }
  return {
    path: [folder, process.env.PATH ?? ""].join(delimiter),
    runs: () =>
      existsSync(log)
        ? readFileSync(log, "utf8")
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as string[])
        : [],
    clear: () => rmSync(log, { force: true }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
