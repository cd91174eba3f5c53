/**
 * The project of docs/trust.md: packages of npm's own beside @acme/lib, of a private registry that signs nothing, which
 * Ann signs with keys of her own. Everything lies under the names that it would have, and at a fixed time.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as openpgp from "openpgp";
import { shownAttestations } from "../../registry-fixtures/attestations.js";
import type { Manifest } from "../../registry-fixtures/manifest.js";
import { openProxy } from "../../registry-fixtures/proxy.js";
import { PUBLIC_URL } from "../../registry-fixtures/public-registry.js";
import { recordedTarball } from "../../registry-fixtures/recorded.js";
import type { PublishOptions } from "../../registry-fixtures/registry.js";
import { serve } from "../../registry-fixtures/server.js";
import { sideBySide } from "../../registry-fixtures/side-by-side.js";
import { type Build, githubBuild } from "../../registry-fixtures/sigstore/build.js";
import { mintSigstore } from "../../registry-fixtures/sigstore/instance.js";
import { provenanceStatement } from "../../registry-fixtures/sigstore/npm-statements.js";
import { subjectOf } from "../../registry-fixtures/sigstore/publish.js";
import type { Site } from "../../registry-fixtures/site.js";
import { TufRepository } from "../../registry-fixtures/tuf-repository.js";
import { ROOTS_REPOSITORY } from "../../src/trust/builtin.js";
import { editJson } from "../../src/trust/edit.js";
import { RECORDED, recordedRegistry } from "../attacks/newcomer.js";
import { small } from "../attacks/scene.js";
import { Pages } from "../cli/keys-bench.js";
import * as shop from "../verify/openpgp-workshop.js";
import { type Stage, type } from "./told.js";

export const HOST = "npm.acme.example";
const MAIL = "ann@acme.example";
const AT = "2026-08-21T09:00:00Z";
const LIB = "@acme/lib";
/** Whose it is, and where it says that its keys lie. */
const ABOUT = { author: `Ann <${MAIL}>`, homepage: "https://acme.example/lib" };

const old = await keyMade("2025-03-01");
const renewed = await keyMade("2026-08-01");
shop
  .userOf(renewed)
  .otherCertifications.push(
    await shop.craft(
      shop.secretOf(old),
      { key: renewed.keyPacket, userID: shop.userOf(renewed).userID },
      { type: shop.TYPE.certification, created: new Date("2026-08-02") },
    ),
  );
/** Ann's keys, by what they are called in a transcript. */
export const KEYS = { old, new: renewed };

async function keyMade(day: string): Promise<openpgp.PrivateKey> {
  const { privateKey } = await openpgp.generateKey({
    ...{ type: "ecc", curve: "ed25519Legacy" },
    ...{ userIDs: [{ name: "Ann", email: MAIL }], date: new Date(day), format: "object", config: { v6Keys: false } },
  });
  return privateKey;
}

/** A project that has never seen us; @acme is sent to the private registry by its settings. */
export async function open(stage: Stage): Promise<void> {
  const { project, simulator, served } = stage;
  stage.at = AT;
  stage.places.push([project.directory, "/project"], [project.home, "~"]);
  const origin = recordedRegistry("npmjs");
  await lead(stage, { [HOST]: served.port, [hostOf(PUBLIC_URL)]: await beside(stage, hostOf(PUBLIC_URL), origin) });
  for (const [name, key] of Object.entries(KEYS)) {
    const fingerprint = shop.fingerprintOf(key);
    const half = fingerprint.length / 2;
    const spaced = [fingerprint.slice(0, half), fingerprint.slice(half)].map((text) => text.match(/.{4}/g)?.join(" "));
    const shown = `{fingerprint of Ann's ${name} key}`;
    stage.places.push([fingerprint, shown], [spaced.join("  "), shown], [fingerprint.slice(-8), "{its last 8 digits}"]);
    await writeFile(join(project.home, `${name}.asc`), key.toPublic().armor());
  }
  await project.write(".npmrc", `@acme:registry=${served.url}\n`);
  await rm(join(project.directory, ".secure-install"), { recursive: true });
  const first = { publishTime: "2026-03-02T10:00:00.000Z", publisher: { name: "ann" } };
  simulator.publish(small(LIB, "1.0.0", ABOUT), first);
  simulator.alterManifest(LIB, "1.0.0", ({ maintainers: _, ...manifest }) => manifest as Manifest);
  await lock(stage, "1.0.0");
}

/** The same project a day after `trust init`. */
export async function observed(stage: Stage): Promise<void> {
  await open(stage);
  await quietly("secure-install trust init --quiet", stage);
  stage.at = "2026-08-22T09:00:00Z";
}

/** The same project, which wants @acme/lib to be signed by Ann, as its first version is. */
export async function pinned(stage: Stage): Promise<void> {
  await observed(stage);
  await sign(stage, "1.0.0", KEYS.old);
  await quietly("secure-install trust add npm:@acme/lib --key ~/old.asc --as ann", stage);
  await quietly("secure-install trust init --quiet", stage);
}

/** What was typed before the story begins. */
async function quietly(line: string, stage: Stage): Promise<void> {
  const { status, stdout, stderr } = await type(line, stage);
  assert.equal(status, 0, `${line}: ${stdout}${stderr}`);
}

/** A signature beside the tarball. */
export async function sign({ simulator }: Stage, version: string, key: openpgp.PrivateKey): Promise<void> {
  const { tarball, publishTime } = simulator.release(LIB, version);
  const signature = await shop.sign(key, { bytes: tarball ?? Buffer.of(), created: new Date(publishTime ?? AT) });
  simulator.put(`${LIB}/-/lib-${version}.tgz.asc`, await shop.armor(signature));
}

/** A new version, which the lockfile has from now on. */
export async function update(stage: Stage, name = "ann", options: PublishOptions = {}): Promise<void> {
  const told = { publishTime: "2026-08-20T10:00:00.000Z", publisher: { name }, ...options };
  stage.simulator.publish(small(LIB, "1.1.0", ABOUT), told);
  await lock(stage, "1.1.0");
}

/** Acme's own instance of Sigstore, whose root is in the store. */
const sigstore = mintSigstore({ name: "sigstore.acme.example" });

/** The same project, whose store believes an instance of Sigstore about @acme; 1.0.0 was built where it should be. */
export async function built(stage: Stage): Promise<void> {
  await open(stage);
  const { project } = stage;
  await project.write(".secure-install/sigstore/acme.json", sigstore.trustedRoot());
  const issuers = [githubBuild().issuer];
  const acme = { trustedRoot: "sigstore/acme.json", select: ["npm:@acme/*"], issuers };
  await project.write(".secure-install/trust.json", '{\n  "format": 1\n}\n');
  await addPart(stage, "registries", { acme: { url: stage.served.url, home: ["@acme/*"], require: ["integrity"] } });
  await addPart(stage, "sigstore", { acme });
  attest(stage, "1.0.0");
  await quietly("secure-install trust init --quiet", stage);
  stage.at = "2026-08-22T09:00:00Z";
}

/** Shows a provenance of a version, by a build of acme/lib unless it is said otherwise. */
export function attest({ simulator }: Stage, version: string, more: Partial<Build> = {}): void {
  const release = simulator.release(LIB, version);
  const build = githubBuild({ ref: `refs/tags/v${version}`, ...more });
  const statement = provenanceStatement({ ...subjectOf(release), build });
  const bundle = sigstore.attest(statement, { build, at: new Date(release.publishTime ?? AT) });
  const attestations = [{ predicateType: statement.predicateType, bundle }];
  simulator.attest(LIB, version, attestations);
  const shown = shownAttestations(LIB, version, attestations);
  simulator.alterManifest(LIB, version, ({ dist, ...rest }) => ({ ...rest, dist: { ...dist, attestations: shown } }));
}

async function lock({ project, simulator }: Stage, version: string): Promise<void> {
  const theirs = sideBySide(Object.assign(recordedRegistry("npmjs"), { url: PUBLIC_URL }), RECORDED.slice(0, 3));
  const ours = sideBySide(simulator, [{ name: LIB, version }]);
  const dependencies = { ...theirs.manifest.dependencies, ...ours.manifest.dependencies };
  const root = { name: "project", version: "1.0.0", dependencies };
  await project.write("package.json", root);
  const packages = { ...theirs.lockfile.packages, ...ours.lockfile.packages, "": root };
  await project.write("package-lock.json", { ...ours.lockfile, name: root.name, version: root.version, packages });
}

/** Ann's key in her domain's directory, and in the KEYS file of the project. */
export async function publishKeys(stage: Stage): Promise<void> {
  const { wkdAddresses } = await import("../../src/pipeline/keys-wkd.js");
  const address = new URL(wkdAddresses(MAIL).advanced);
  const [directory, homepage] = [new Pages(), new Pages()];
  directory.put(address.pathname.slice(1), shop.certificateOf(KEYS.old));
  homepage.put("lib/KEYS", KEYS.old.toPublic().armor());
  const ports = {
    [address.host]: await beside(stage, address.host, directory),
    "acme.example": await beside(stage, "acme.example", homepage),
  };
  await lead(stage, { [HOST]: stage.served.port, ...ports });
}

/** Adds a part to trust.json, as a person would by hand. */
export async function addPart({ project }: Stage, name: string, value: unknown): Promise<void> {
  const file = ".secure-install/trust.json";
  await project.write(file, editJson(await project.read(file), [{ op: "set", path: [name], value }], file));
}

/** Has a real ssh-keygen make a key, as ~/.ssh/id_ed25519. Gives the public one. */
export function makeSshKey({ project, places }: Stage): string {
  const file = join(project.home, ".ssh", "id_ed25519");
  mkdirSync(join(project.home, ".ssh"));
  spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  const key = readFileSync(`${file}.pub`, "utf8").trim();
  places.push([key, "{Bob's SSH key}"]);
  return key;
}

/** A virtual registry: packages of the private one, and npm's own without their signatures. */
export async function mirror(stage: Stage): Promise<void> {
  await open(stage);
  const { project, simulator, served } = stage;
  const held = RECORDED.slice(0, 3);
  for (const record of held) simulator.publishSigned(record, recordedTarball(record));
  for (const { name, version } of held) simulator.strip(name, version);
  const { manifest, lockfile } = sideBySide(simulator, [...held, { name: LIB, version: "1.0.0" }]);
  await project.write("package.json", manifest);
  await project.writeLockfile(lockfile);
  await project.write(".npmrc", `registry=${served.url}\n`);
  const acme = { url: served.url, home: ["@acme/*"], serves: "npmjs", evidenceFrom: "npmjs" };
  await project.write(".secure-install/trust.json", '{\n  "format": 1\n}\n');
  await addPart(stage, "registries", { acme });
}

/** On another machine, whose network has the private registry and nothing else. */
export async function close(stage: Stage): Promise<void> {
  const cache = join(stage.project.home, "closed");
  Object.assign(stage.env, { XDG_CACHE_HOME: cache, LOCALAPPDATA: cache });
  await lead(stage, { [HOST]: stage.served.port });
}

/** npm's keys and Sigstore's roots can be asked for, as they were on this day. */
export async function atRoots(stage: Stage): Promise<void> {
  await observed(stage);
  const { host } = new URL(ROOTS_REPOSITORY.metadata);
  await lead(stage, { [host]: await beside(stage, host, new TufRepository().show("2026-08-21")) });
}

async function beside(stage: Stage, host: string, site: Site): Promise<number> {
  const served = await serve(site, { host, authority: stage.authority });
  stage.cleanups.push(() => served.close());
  return served.port;
}

/** From now on, these hosts and no other can be reached. */
async function lead({ env, cleanups }: Stage, ports: Readonly<Record<string, number>>): Promise<void> {
  const proxy = await openProxy(ports);
  cleanups.push(() => proxy.close());
  env.HTTPS_PROXY = proxy.url;
}

function hostOf(url: string): string {
  return new URL(url).host;
}
