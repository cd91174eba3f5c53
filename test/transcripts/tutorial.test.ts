/** What docs/trust.md shows, from an empty project to pinned publishers: each part in a project of its own. */
import { spawnSync } from "node:child_process";
import { commitAll, git, initialize } from "../pipeline/repository.js";
import * as shop from "../verify/openpgp-workshop.js";
import { type Stage, type Told, tell } from "./told.js";
import {
  addPart,
  atRoots,
  attest,
  built,
  close,
  HOST,
  KEYS,
  makeSshKey,
  mirror,
  observed,
  open,
  pinned,
  publishKeys,
  sign,
  update,
} from "./tutorial.js";

const OLD = "{fingerprint of Ann's old key}";
const hasSsh = spawnSync("ssh-keygen", ["-?"]).error === undefined && process.platform !== "win32";

const scene = (given: Required<Told>["given"], ...lines: Told["lines"]): Told => ({
  wants: null,
  unsignedAt: HOST,
  given,
  lines,
});

await tell("tutorial", {
  "first-minutes": scene(
    open,
    "secure-install audit",
    "secure-install trust init",
    "cat .secure-install/trust.json",
    "cat .secure-install/observed.lock",
    "secure-install gate",
  ),
  publisher: scene(
    signed,
    "secure-install trust find @acme/lib",
    `secure-install trust add npm:@acme/lib --key ${OLD} --as ann`,
    "secure-install trust show @acme/lib",
    "secure-install gate",
    "secure-install trust init --quiet",
    (stage) => update(stage),
    "secure-install gate",
  ),
  hands: scene(
    observed,
    (stage) => update(stage, "mallory"),
    "secure-install gate",
    "secure-install trust show @acme/lib --corroborate",
    "secure-install trust accept @acme/lib@1.1.0 --reason 'Ann told us on the phone: mallory maintains it now'",
    "secure-install gate",
  ),
  rotation: scene(
    renewed,
    "secure-install gate",
    "secure-install trust rotate ann --to new.asc --until 2026-12-31",
    "secure-install gate",
  ),
  theft: scene(
    pinned,
    (stage) => {
      stage.at = "2026-09-15T09:00:00Z";
    },
    "secure-install trust rotate ann --to ~/new.asc --compromised 2026-09-10 --reason 'her laptop was stolen'",
    "secure-install gate",
    (stage) => update(stage, "ann", { publishTime: "2026-09-12T10:00:00.000Z" }),
    (stage) => sign(stage, "1.1.0", KEYS.old),
    "secure-install gate",
  ),
  exception: scene(
    unsigned,
    "secure-install trust except @acme/lib@1.1.0",
    "secure-install trust except @acme/lib@1.1.0 --waive openpgp-signature --reason 'the fix is urgent; Ann signs it on Monday'",
    "secure-install gate",
    (stage) => {
      stage.at = "2026-08-24T09:00:00Z";
    },
    "secure-install gate",
    "secure-install trust check",
    "secure-install trust remove exceptions[0]",
  ),
  build: scene(
    built,
    "secure-install trust add npm:@acme/lib --built-by https://github.com/acme/lib --as acme-ci",
    "cat .secure-install/trust.json",
    "secure-install trust show @acme/lib",
    "secure-install gate",
    (stage) => update(stage, "ann"),
    "secure-install gate",
    (stage) => attest(stage, "1.1.0", { repositoryId: "900000009", ownerId: "9000009" }),
    "secure-install gate",
  ),
  review: scene(branched, loosen, "secure-install trust diff main", "secure-install gate --base main"),
  owners: {
    ...scene(
      owned,
      "cat .secure-install/trust.json",
      loosen,
      "secure-install gate --base main",
      "secure-install trust sign --base main --ssh-key ~/.ssh/id_ed25519.pub",
      "secure-install gate --base main",
    ),
    skip: hasSsh ? false : "SKIPPED: ssh-keygen is not installed",
  },
  mirror: scene(
    mirror,
    "cat .secure-install/trust.json",
    "secure-install trust evidence export --output evidence.jsonl",
    close,
    "secure-install trust evidence import evidence.jsonl",
    "secure-install gate",
  ),
  refresh: scene(
    atRoots,
    "secure-install trust refresh --dry-run",
    "secure-install trust refresh",
    async (stage) => {
      stage.at = "2026-10-21T09:00:00Z";
      await close(stage);
    },
    "secure-install trust refresh",
  ),
});

async function signed(stage: Stage): Promise<void> {
  await observed(stage);
  await sign(stage, "1.0.0", KEYS.old);
  await publishKeys(stage);
}

/** Ann has another key by now, and has said so by the old one. */
async function renewed(stage: Stage): Promise<void> {
  await pinned(stage);
  await update(stage);
  await sign(stage, "1.1.0", KEYS.new);
  await stage.project.write("new.asc", KEYS.new.toPublic().armor());
}

async function unsigned(stage: Stage): Promise<void> {
  await pinned(stage);
  await update(stage);
}

async function owned(stage: Stage): Promise<void> {
  await pinned(stage);
  const fingerprint = shop.fingerprintOf(KEYS.old);
  const identities = [
    { type: "openpgp", fingerprint },
    { type: "ssh", key: makeSshKey(stage) },
  ];
  await addPart(stage, "owners", { atLeast: 1, identities });
  branch(stage);
}

async function branched(stage: Stage): Promise<void> {
  await pinned(stage);
  branch(stage);
}

/** Everything is on `main`, and what comes now is a change that goes there. */
function branch({ project }: Stage): void {
  initialize(project.directory);
  git(project.directory, "switch", "--quiet", "--create", "change");
}

/** Lets a package run its scripts. */
async function loosen(stage: Stage): Promise<void> {
  await addPart(stage, "scripts", [{ allow: "npm:esbuild@0.25.x", reason: "places its binary" }]);
  commitAll(stage.project.directory);
}
