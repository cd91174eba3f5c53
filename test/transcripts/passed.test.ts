/** Each command when all is well, in each of the forms in which it can be told. */
import { registryEntry } from "../../registry-fixtures/project.js";
import { attestGreeter } from "./builder.js";
import { withoutStore } from "./newcomer.js";
import { pinPublisher } from "./publisher.js";
import { type Stage, tell } from "./told.js";

/** A tree with something of everything: a development dependency's place, scripts, other platforms. */
const TREE = { greeter: "^1.0.0", hummer: "^1.0.0", "native-bell": "^1.0.0", "noisy-installer": "*" };
const LATER = "2999-01-01T00:00:00Z";

await tell("passed", {
  install: { wants: null, lines: ["secure-install greeter", "cat package.json"] },
  "install-exactly-for-development": {
    wants: null,
    lines: ["secure-install left-padder@1.0.0 npm:@fixture/words@^2 -D --save-exact", "cat package.json"],
  },
  "install-json": { wants: null, lines: ["secure-install left-padder --json"] },
  "install-quietly": { wants: null, lines: ["secure-install left-padder --quiet"] },
  wrapper: {
    wants: { hummer: "^1.0.0" },
    lines: [
      "secure-install npm install left-padder@1.0.0",
      "secure-install npm update",
      "secure-install npm uninstall left-padder",
    ],
  },
  exec: { wants: null, lines: ["secure-install npm exec greeter Ann"] },
  store: {
    lines: [
      "secure-install store status",
      "secure-install ci --quiet",
      "secure-install store status",
      "secure-install store prune",
    ],
  },
  ci: { lines: ["secure-install ci"] },
  "ci-json": { lines: ["secure-install ci --json"] },
  "ci-quietly": { lines: ["secure-install ci --quiet"] },
  "ci-verbosely": { wants: TREE, lines: ["secure-install ci --verbose"] },
  "ci-with-scripts": { wants: TREE, given: allowScript, lines: ["secure-install ci"] },
  "ci-into-a-file": { lines: ["secure-install ci --output report.txt", "cat report.txt"] },
  "ci-offline": { lines: ["secure-install gate", "secure-install ci --offline"] },
  "ci-omitting": { given: needForDevelopment, lines: ["secure-install gate --omit=dev"] },
  gate: { lines: ["secure-install gate"] },
  "gate-json": { wants: { "left-padder": "1.1.1" }, lines: ["secure-install gate --json"] },
  "gate-quietly": { lines: ["secure-install gate --quiet"] },
  "gate-verbosely": { wants: TREE, lines: ["secure-install gate --verbose"] },
  "gate-this-platform": { wants: TREE, lines: ["secure-install gate --this-platform"] },
  "gate-into-a-file": { lines: ["secure-install gate --json --output report.json"] },
  "gate-without-packages": { wants: {}, lines: ["secure-install gate", "secure-install gate --verbose"] },
  "gate-by-a-publisher": { given: (stage) => pinPublisher(stage, "herself"), lines: ["secure-install gate"] },
  "gate-by-a-build": {
    given: (stage) => {
      stage.at = "2026-03-01T12:00:00Z";
      return attestGreeter(stage);
    },
    lines: [
      "secure-install trust add npm:greeter --built-by https://github.com/acme/greeter",
      "secure-install gate",
      "secure-install trust init",
      "secure-install trust show greeter",
    ],
  },
  "gate-with-an-exception": { given: except, lines: ["secure-install gate"] },
  "gate-with-a-weakness": { given: weaken, lines: ["secure-install gate", "secure-install gate --verbose"] },
  audit: { lines: ["secure-install audit"] },
  "audit-several": {
    given: severalLockfiles,
    lines: ["secure-install audit package-lock.json other/package-lock.json", "secure-install audit other"],
  },
  "audit-json": {
    wants: { "left-padder": "1.1.1" },
    given: severalLockfiles,
    lines: ["secure-install audit package-lock.json other --json"],
  },
  "audit-signatures-only": {
    lines: ["secure-install audit --signatures-only", "secure-install audit --signatures-only --quiet"],
  },
  "trust-init": {
    wants: null,
    given: withoutStore,
    lines: ["secure-install trust init", "cat .secure-install/trust.json", "cat .secure-install/observed.lock"],
  },
  "trust-init-again": {
    wants: null,
    given: withoutStore,
    lines: ["secure-install trust init --quiet", "secure-install trust init", "secure-install gate"],
  },
  "trust-init-private": {
    wants: { "@fixture/words": "^2.0.0" },
    given: withoutStore,
    lines: [
      "secure-install audit",
      "secure-install trust init",
      "cat .secure-install/trust.json",
      "secure-install gate",
    ],
  },
  trust: {
    given: (stage) => pinPublisher(stage, "herself"),
    lines: ["secure-install trust check", "secure-install trust list", "secure-install trust show greeter@1.0.0"],
  },
  "trust-json": {
    lines: [
      "secure-install trust check --json",
      "secure-install trust list --json",
      "secure-install trust show left-padder --json",
    ],
  },
  "trust-without-a-store": {
    given: ({ project }) => project.write("elsewhere/trust.json", { format: 1 }),
    lines: [
      "secure-install trust check --trust elsewhere",
      "secure-install trust list --trust elsewhere",
      "secure-install trust show left-padder --trust elsewhere",
    ],
  },
});

async function allowScript({ project, simulator }: Stage): Promise<void> {
  const scripts = [{ allow: "npm:noisy-installer@1.x", reason: "writes one file; read on 2026-10-01" }];
  await project.writeTrust({ registries: { acme: registryEntry(simulator) }, scripts });
}

async function needForDevelopment({ project }: Stage): Promise<void> {
  const { dependencies, ...rest } = project.manifest;
  await project.write("package.json", { ...rest, devDependencies: dependencies });
  const lockfile = JSON.parse(await project.read("package-lock.json"));
  const { "": root, ...others } = lockfile.packages;
  const { dependencies: needed, ...own } = root;
  for (const entry of Object.values<Record<string, unknown>>(others)) entry.dev = true;
  lockfile.packages = { "": { ...own, devDependencies: needed }, ...others };
  await project.write("package-lock.json", lockfile);
}

async function except({ project, simulator }: Stage): Promise<void> {
  simulator.strip("left-padder", "1.1.1");
  const digest = simulator.release("left-padder", "1.1.1").manifest.dist.integrity;
  const exception = { select: "npm:left-padder@1.1.1", digest, waive: ["registry-signature"], reason: "read by Ann" };
  await project.write(".secure-install/exceptions.json", {
    format: 1,
    exceptions: [{ ...exception, expires: LATER }],
  });
}

async function weaken({ project, simulator }: Stage): Promise<void> {
  await project.writeTrust({ registries: { acme: registryEntry(simulator), npmjs: { require: ["integrity"] } } });
}

async function severalLockfiles({ project }: Stage): Promise<void> {
  await project.write("other/package.json", await project.read("package.json"));
  await project.write("other/package-lock.json", await project.read("package-lock.json"));
}
