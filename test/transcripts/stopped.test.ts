/** Runs that never begin: a command line that is not understood, files that can't be read, surroundings that weaken. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Stage, tell } from "./told.js";

/** By what would be wrong with each, in the project's own settings. */
const SETTINGS = [
  ...["strict-ssl=false", "git=./evil.sh", "script-shell=./evil.sh", "shell=./evil.sh"],
  ...["node-options=--require=./evil.cjs", "node-gyp=./evil.js", "python=./evil.py", "nodedir=./evil"],
  ...["prefix=./elsewhere", "userconfig=./user.npmrc", "globalconfig=./global.npmrc", "global=true", "location=global"],
];
const VARIABLES = [
  ...["NODE_TLS_REJECT_UNAUTHORIZED=0", "NODE_COMPILE_CACHE=/var/cache/node", "npm_config_strict_ssl=false"],
  ...["NODE_OPTIONS=--tls-min-v1.0", "NODE_OPTIONS=--require=./evil.cjs"],
];

await tell("stopped", {
  "flag-unknown": { lines: ["secure-install gate --no-verify", "secure-install --insecure ci"] },
  "flag-misspelled": { lines: ["secure-install gate --verbos", "secure-install gate --jsn --json"] },
  "command-mistyped": { lines: ["secure-install adit", "secure-install gaet --json"] },
  "shell-unknown": { lines: ["secure-install completion fishes"] },
  "value-missing": { lines: ["secure-install install", "secure-install trust show", "secure-install ci --output"] },
  "value-wrong": {
    lines: [
      "secure-install gate --concurrency many",
      "secure-install ci --omit security",
      "secure-install audit --format yaml",
      "secure-install trust show '../../etc'",
    ],
  },
  "word-too-many": { lines: ["secure-install ci greeter", "secure-install trust everyone"] },
  "help-on-nothing": { lines: ["secure-install help nonsense"] },
  "seal-broken": { lines: ["secure-install ci -- --registry=https://elsewhere.example/", "secure-install ci -- evil"] },
  "nothing-before-the-dashes": { lines: ["secure-install -- greeter"] },
  "no-lockfile": {
    given: ({ project }) => rm(join(project.directory, "package-lock.json")),
    lines: ["secure-install ci", "secure-install audit nowhere/package-lock.json"],
  },
  "no-package-json": {
    given: ({ project }) => rm(join(project.directory, "package.json")),
    lines: ["secure-install ci"],
  },
  "nothing-at-all": {
    given: emptyFolder,
    lines: ["secure-install ci", "secure-install gate --json", "secure-install greeter"],
  },
  "lockfile-unmerged": { given: conflict, lines: ["secure-install gate"] },
  "lockfile-cut-short": {
    given: async ({ project }) => {
      const text = await project.read("package-lock.json");
      await project.write("package-lock.json", text.slice(0, text.indexOf("integrity")));
    },
    lines: ["secure-install gate", "secure-install gate --json"],
  },
  "lockfile-of-the-future": {
    lines: [
      `echo '{ "name": "project", "lockfileVersion": 9, "packages": {} }' > package-lock.json`,
      "secure-install gate",
    ],
  },
  "trust-malformed": {
    lines: [
      ...trust("{"),
      ...trust('{ "format": 2 }'),
      ...trust('{ "format": 1, "format": 1 }'),
      ...trust('{ "format": 1, "rule": [] }'),
      ...trust('{ "format": 1, "rules": [{ "select": "npm:(a+)+$", "reason": "x" }] }'),
      ...trust(
        '{ "format": 1, "rules": [{ "select": "npm:a", "publishers": { "atLeast": 1, "of": ["nobody"] }, "reason": "x" }] }',
      ),
      ...trust('{ "format": 1, "registries": { "x": { "url": "http://plain.example/" } } }'),
      "secure-install gate --json",
    ],
  },
  "trust-not-there": { lines: ["secure-install gate --trust nowhere"] },
  "trust-nested": {
    given: nestStore,
    lines: ["secure-install gate"],
  },
  settings: {
    lines: SETTINGS.flatMap((setting) => [`echo '${setting}' > .npmrc`, "secure-install gate"]),
  },
  variables: {
    given: ({ project }) => project.write("evil.cjs", ""),
    lines: VARIABLES.map((variable) => `${variable} secure-install gate`),
  },
  "settings-json": { lines: ["NODE_TLS_REJECT_UNAUTHORIZED=0 secure-install gate --json"] },
  "settings-of-the-wire": {
    lines: [
      "echo 'https-proxy=http://proxy.example:8080/' >> .npmrc",
      "echo 'cafile=./ca.pem' >> .npmrc",
      "secure-install gate",
    ],
  },
  "certificates-missing": { lines: ["secure-install gate --cafile nowhere.pem"] },
  "report-unwritable": { lines: ["secure-install gate --output package.json/report.txt"] },
});

/** The trust store that says so, and a gate judged by it. */
function trust(text: string): readonly string[] {
  return [`echo '${text}' > .secure-install/trust.json`, "secure-install gate"];
}

async function emptyFolder({ project }: Stage): Promise<void> {
  for (const name of ["package.json", "package-lock.json"]) await rm(join(project.directory, name));
}

async function conflict({ project }: Stage): Promise<void> {
  const text = await project.read("package-lock.json");
  await project.write("package-lock.json", `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> feature\n`);
}

async function nestStore({ project }: Stage): Promise<void> {
  await mkdir(join(project.directory, "..", ".git"));
  await project.write("../.secure-install/trust.json", { format: 1 });
}
