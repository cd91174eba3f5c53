/** The command line before commander reads it: an installer's name in front, and what its own users are used to. */
import { StopError } from "../model/finding.js";
import { refuseFlags, type Wrapped } from "./npm-refused.js";

export interface Line {
  readonly own: readonly string[];
  /** What stood behind `--`, for npm. */
  readonly extra: readonly string[];
}

/** npm's own spellings. */
export const SPELLINGS: Readonly<Record<Wrapped, readonly string[]>> = {
  install: ["i", "add"],
  ci: ["clean-install"],
  update: ["up", "upgrade"],
  uninstall: ["remove", "rm", "un"],
  exec: ["x"],
};

const NOT_YET = ["pnpm", "yarn", "bun", "pip", "uv"];

/**
 * Reads what stands in front, and takes the line apart at `--`. Throws StopError USAGE for an installer that is not
 * there yet, for what is not wrapped, and for a flag of npm's that would mean something else here.
 */
export function readLine(argv: readonly string[]): Line {
  const line = withoutWith(argv);
  const [first = "", second] = line;
  refuseOthers(first);
  if (first !== "npm") return split(line);
  if (second === undefined || second === "--help" || second === "-h") return { own: line, extra: [] };
  const command = wrappedAs(second) ?? refuseUnwrapped(second);
  const rest = line.slice(2);
  if (command === "exec") {
    const end = rest.findIndex((word) => word === "--" || !word.startsWith("-"));
    refuseFlags(command, end < 0 ? rest : rest.slice(0, end));
    return { own: ["npm", command, ...rest], extra: [] };
  }
  const { own, extra } = split(rest);
  refuseFlags(command, own);
  return { own: ["npm", command, ...own.map(spelledOut)], extra };
}

/** The sub-command that npm knows by this word, or null where it is none that is wrapped. */
export function wrappedAs(word: string): Wrapped | null {
  const found = Object.entries(SPELLINGS).find(([name, more]) => name === word || more.includes(word));
  return (found?.[0] as Wrapped | undefined) ?? null;
}

/** Throws StopError USAGE where `name` is that of an installer which is not there yet. */
export function refuseOthers(name: string): void {
  if (!NOT_YET.includes(name)) return;
  const help = `The package called ${name} is npm:${name}.`;
  throw new StopError("USAGE", `${name} is not there yet: of installers, secure-install knows npm`, { at: name, help });
}

/**
 * Throws StopError USAGE where flags stand before an installer's name: `--json npm install x` would ask for packages
 * called npm and install.
 */
export function refuseInstaller(first: string): void {
  if (first !== "npm" && !NOT_YET.includes(first)) return;
  const help = `It comes first, then its sub-command, then flags. The package called ${first} is npm:${first}.`;
  throw new StopError("USAGE", `"${first}" is taken for an installer's name, and stands in the wrong place`, { help });
}

/** The value of `--with`. Throws StopError USAGE for any installer but npm. */
export function requireNpm(name: string): "npm" {
  refuseOthers(name);
  if (name === "npm") return name;
  throw new StopError("USAGE", `--with names an installer, and "${name}" is none`, { at: "--with" });
}

/** `--with npm` in front: the same as `npm`, if a sub-command of npm's follows; else there is no other anyway. */
function withoutWith(argv: readonly string[]): readonly string[] {
  const [first = "", second = ""] = argv;
  if (first !== "--with" && !first.startsWith("--with=")) return argv;
  const [name, rest] = first === "--with" ? [second, argv.slice(2)] : [first.slice("--with=".length), argv.slice(1)];
  requireNpm(name);
  return wrappedAs(rest[0] ?? "") === null ? rest : ["npm", ...rest];
}

function split(argv: readonly string[]): Line {
  const at = argv.indexOf("--");
  return at < 0 ? { own: argv, extra: [] } : { own: argv.slice(0, at), extra: argv.slice(at + 1) };
}

/** npm's short forms of more than one letter. */
function spelledOut(word: string): string {
  if (word === "-ws") return "--workspaces";
  return word === "-iwr" ? "--include-workspace-root" : word;
}

function refuseUnwrapped(word: string): never {
  const help = `Wrapped are ${Object.keys(SPELLINGS).join(", ")}; for everything else run npm itself.`;
  if (word.startsWith("-")) {
    const says = "the sub-command comes first, then its flags: secure-install npm ci --json";
    throw new StopError("USAGE", says, { at: word });
  }
  if (word === "audit") {
    throw new StopError("USAGE", "npm audit asks for known weaknesses, which is npm's own business", {
      at: word,
      help: "Run npm audit itself for those; secure-install audit verifies the lockfile.",
    });
  }
  throw new StopError("USAGE", `npm ${word} is not among the commands that are wrapped`, { at: word, help });
}
