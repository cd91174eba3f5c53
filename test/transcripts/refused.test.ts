/** The common refusals, a project each: what is said must be enough to know what to do next. */
import { attestGreeter, pinBuild } from "./builder.js";
import { pinPublisher } from "./publisher.js";
import {
  allowClumsy,
  change,
  climbOut,
  closeRegistry,
  clumsy,
  confuse,
  deceive,
  deny,
  doubleDigest,
  except,
  fromGit,
  giveAnotherHome,
  link,
  linkTree,
  moveRegistry,
  npmFails,
  npmMeddles,
  replay,
  replayManifest,
  retireKey,
  rule,
  signByStranger,
  soup,
  strip,
  stripAll,
  swapAddress,
  tamper,
  wantProvenance,
  weakenDigest,
} from "./spoiled.js";
import { tell } from "./told.js";

const CI = ["secure-install ci"];
const GATE = ["secure-install gate"];
const PADDER = "node_modules/left-padder";

await tell("refused", {
  // What came is not what was locked or signed.
  tampered: { given: tamper, lines: ["secure-install ci", "secure-install ci --quiet"] },
  "tampered-json": { wants: { "left-padder": "1.1.1" }, given: tamper, lines: ["secure-install ci --json"] },
  "tampered-while-adding": { wants: null, given: tamper, lines: ["secure-install greeter"] },
  unsigned: { given: strip, lines: CI },
  "unsigned-many": { wants: { greeter: "1.0.0", duet: "1.0.0", hummer: "1.0.0" }, given: stripAll, lines: GATE },
  "by-a-stranger": { given: signByStranger, lines: CI },
  "signature-replayed": { given: replay, lines: CI },
  "manifest-replayed": { given: replayManifest, lines: GATE },
  "key-retired": { wants: { "left-padder": "1.1.1" }, given: retireKey, lines: GATE },
  "name-inside": {
    publish: (simulator) => simulator.renameInside("left-padder", "1.1.1", { name: "sandwich" }),
    lines: GATE,
  },
  "manifest-mismatch": { given: confuse, lines: GATE },
  "archive-path-escape": { wants: { soup: "1.0.0" }, publish: soup, alter: climbOut, lines: GATE },

  // The registry, and the way to it.
  "certificate-expired": { lockfile: { resolved: false }, given: (stage) => moveRegistry(stage, "expired"), lines: CI },
  "certificate-of-another-host": {
    lockfile: { resolved: false },
    given: (stage) => moveRegistry(stage, "wrong-host"),
    lines: GATE,
  },
  "nobody-there": {
    lockfile: { resolved: false },
    given: closeRegistry,
    lines: [...GATE, "secure-install gate --json"],
  },
  "out-of-order": { given: ({ simulator }) => simulator.status(503), lines: GATE },
  "login-wanted": { given: ({ simulator }) => simulator.requireToken("secret"), lines: GATE },
  "offline-and-nothing-stored": { lines: ["secure-install ci --offline"] },
  "registry-unknown": { given: ({ project }) => project.writeTrust({}), lines: GATE },
  "registry-not-home": { given: giveAnotherHome, lines: GATE },
  "plain-http": {
    alter: (packages) => change(packages, { resolved: "http://npm.acme.example/left-padder/-/left-padder-1.1.1.tgz" }),
    lines: GATE,
  },
  "redirected-elsewhere": {
    given: ({ simulator }) => simulator.redirect("https://elsewhere.example/x.tgz", 302, { on: /left-padder.*\.tgz$/ }),
    lines: GATE,
  },

  // What the lockfile says.
  "lockfile-out-of-date": {
    given: ({ project }) => project.write("package.json", { ...project.manifest, dependencies: { hummer: "^1.0.0" } }),
    lines: CI,
  },
  "integrity-absent": { alter: (packages) => delete packages[PADDER]?.integrity, lines: CI },
  "integrity-weak": { alter: weakenDigest, lines: GATE },
  "integrity-doubled": { alter: doubleDigest, lines: GATE },
  "name-mismatch": { alter: swapAddress, lines: GATE },
  "name-deceiving": { alter: deceive, lines: GATE },
  "link-in-the-place-of-a-package": { alter: link, lines: GATE },
  "source-unsupported": { alter: fromGit, lines: GATE },
  "two-lockfiles": {
    given: async ({ project }) => project.write("yarn.lock", "# yarn lockfile v1\n"),
    lines: GATE,
  },

  // What our own rules say.
  "publisher-did-not-sign": { given: (stage) => pinPublisher(stage, "nobody"), lines: GATE },
  "publisher-is-another": { given: (stage) => pinPublisher(stage, "stranger"), lines: GATE },
  denied: { given: deny, lines: GATE },
  uncovered: { given: rule, lines: GATE },
  "exception-expired": { given: except, lines: GATE },
  "attestation-wanted": { given: wantProvenance, lines: GATE },
  "built-in-a-fork": {
    given: (stage) =>
      pinBuild(stage, { repository: "https://github.com/mallory/greeter", repositoryId: "901", ownerId: "902" }),
    lines: GATE,
  },
  "built-on-another-machine": { given: (stage) => pinBuild(stage, { runner: "self-hosted" }), lines: GATE },
  "provenance-taken-off": { given: (stage) => pinBuild(stage, null), lines: GATE },
  "built-elsewhere-than-said": {
    given: (stage) => attestGreeter(stage, { repository: "https://github.com/mallory/greeter" }),
    lines: ["secure-install trust add npm:greeter --built-by https://github.com/acme/greeter"],
  },

  // Asked for by name.
  "package-unknown": { wants: null, lines: ["secure-install no-such-package"] },
  "version-unknown": { wants: null, lines: ["secure-install greeter@^9.0.0"] },
  "address-given": { wants: null, lines: ["secure-install github:somebody/something"] },

  // The hand-off, and what came of it.
  "node-modules-a-link": { given: linkTree, lines: CI },
  "npm-fails": { given: npmFails, lines: CI },
  "tree-mismatch": { given: npmMeddles, lines: CI },
  "script-fails": { wants: { clumsy: "1.0.0" }, publish: clumsy, given: allowClumsy, lines: CI },
});
