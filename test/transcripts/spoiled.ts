/** What attackers, registries and people do to a project before it is refused. */
import { createHash } from "node:crypto";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { registryEntry } from "../../registry-fixtures/project.js";
import { serve } from "../../registry-fixtures/server.js";
import { createSimulator, type Simulator } from "../../registry-fixtures/simulator.js";
import { type Altered, repack, small } from "../attacks/scene.js";
import { standInForNpm } from "./stand-in.js";
import type { Stage } from "./told.js";

const PADDER = "node_modules/left-padder";
const ENDED = "2026-02-01T00:00:00Z";

type Packages = Altered["packages"];

export function change(packages: Packages, entry: Readonly<Record<string, unknown>>): void {
  Object.assign(packages[PADDER] ?? {}, entry);
}

export function tamper({ simulator }: Stage): void {
  simulator.tamper("left-padder", "1.1.1", (tarball) => Buffer.from(tarball).fill(0xff, tarball.length - 8));
}

export function strip({ simulator }: Stage): void {
  simulator.strip("left-padder", "1.1.1");
}

export function stripAll({ simulator }: Stage): void {
  for (const name of ["greeter", "duet", "hummer", "@fixture/words", "left-padder"])
    for (const { version } of simulator.releasesOf(name)) simulator.strip(name, version);
}

export function signByStranger({ simulator }: Stage): void {
  const stranger = createSimulator({ name: "stranger" }).loadPackages();
  const { signatures } = stranger.release("left-padder", "1.1.1").manifest.dist;
  simulator.alterSignatures("left-padder", "1.1.1", () => signatures ?? []);
}

export function replay({ simulator }: Stage): void {
  simulator.replay("left-padder", "1.1.1", { name: "left-padder", version: "1.0.0" }, "signatures");
}

export function replayManifest({ simulator }: Stage): void {
  simulator.replay("left-padder", "1.1.1", { name: "left-padder", version: "1.0.0" }, "manifest");
}

export async function retireKey({ project, simulator }: Stage): Promise<void> {
  simulator.rotateKey({ expiresOld: "2025-01-01T00:00:00.000Z" });
  await project.writeTrust({ registries: { acme: registryEntry(simulator) } });
}

export function confuse({ simulator }: Stage): void {
  const dependencies = { sandwich: "1.0.0" };
  simulator.alterManifest("left-padder", "1.1.1", (manifest) => ({ ...manifest, dependencies }));
}

export function soup(simulator: Simulator): void {
  simulator.publish(small("soup"));
}

export function climbOut(packages: Packages, simulator: Simulator): void {
  repack(simulator, packages, "soup", { after: [{ path: "package/../../evil.js", data: "evil" }] });
}

export async function moveRegistry(stage: Stage, certificate: "expired" | "wrong-host"): Promise<void> {
  const { simulator, authority } = stage;
  const doubtful = await serve(simulator, { certificate, authority });
  stage.cleanups.push(() => doubtful.close());
  stage.places.push([doubtful.url, "https://npm.acme.example/"]);
  await useRegistry(stage);
}

export async function closeRegistry(stage: Stage): Promise<void> {
  const closed = await serve(stage.simulator, { authority: stage.authority });
  await useRegistry(stage);
  await closed.close();
  stage.places.push([closed.url, "https://npm.acme.example/"]);
}

async function useRegistry({ project, simulator }: Stage): Promise<void> {
  await project.writeNpmrc({ registry: simulator.url });
  await project.writeTrust({ registries: { acme: registryEntry(simulator) } });
}

export async function giveAnotherHome({ project, simulator }: Stage): Promise<void> {
  const home = { url: "https://npm.home.example/", ecosystem: "npm", home: ["@fixture/*"], require: ["integrity"] };
  await project.writeTrust({ registries: { acme: registryEntry(simulator), home } });
}

export function weakenDigest(packages: Packages, simulator: Simulator): void {
  const { tarball } = simulator.release("left-padder", "1.1.1");
  const digest = createHash("sha1").update(tarball ?? "");
  change(packages, { integrity: `sha1-${digest.digest("base64")}` });
}

export function doubleDigest(packages: Packages, simulator: Simulator): void {
  const [one, other] = ["1.1.1", "1.0.0"].map((version) => simulator.release("left-padder", version).manifest.dist);
  change(packages, { integrity: `${one?.integrity} ${other?.integrity}` });
}

export function swapAddress(packages: Packages, simulator: Simulator): void {
  const { integrity, tarball } = simulator.release("sandwich", "1.1.0").manifest.dist;
  change(packages, { resolved: `${simulator.url}${tarball}`, integrity });
}

export function deceive(packages: Packages): void {
  packages["node_modules/left\u202erettap"] = { ...packages[PADDER] };
}

export function link(packages: Packages): void {
  packages[PADDER] = { resolved: "docs/left-padder", link: true };
}

export function fromGit(packages: Packages): void {
  packages[PADDER] = {
    version: "1.1.1",
    resolved: "git+ssh://git@git.example/somebody/left-padder.git#0123456789abcdef0123456789abcdef01234567",
  };
}

export async function deny({ project }: Stage): Promise<void> {
  const denial = { select: "npm:left-padder@1.1.x", reason: "sends what it pads to somebody" };
  await project.write(".secure-install/deny.json", { format: 1, deny: [denial] });
}

export async function rule({ project, simulator }: Stage): Promise<void> {
  const rules = [{ select: "npm:left-padder@>=2", require: ["registry-signature"], reason: "new owners" }];
  await project.writeTrust({ registries: { acme: registryEntry(simulator) }, rules });
}

export async function wantProvenance({ project, simulator }: Stage): Promise<void> {
  const rules = [{ select: "npm:left-padder", require: ["provenance"], reason: "built in the open" }];
  await project.writeTrust({ registries: { acme: registryEntry(simulator) }, rules });
}

export async function except({ project, simulator }: Stage): Promise<void> {
  const digest = simulator.release("left-padder", "1.1.1").manifest.dist.integrity;
  simulator.strip("left-padder", "1.1.1");
  const exception = { select: "npm:left-padder@1.1.1", digest, waive: ["registry-signature"], expires: ENDED };
  const exceptions = [{ ...exception, reason: "read by Ann" }];
  await project.write(".secure-install/exceptions.json", { format: 1, exceptions });
}

export async function linkTree({ project }: Stage): Promise<void> {
  await mkdir(join(project.home, "precious"));
  await symlink(join(project.home, "precious"), join(project.directory, "node_modules"), "dir");
}

export function npmFails(stage: Stage): Promise<void> {
  return standInForNpm(stage, 'console.error("npm error code ENOSPC"); process.exitCode = 28;');
}

export function npmMeddles(stage: Stage): Promise<void> {
  const file = 'require("node:path").join(process.cwd(), "node_modules", "left-padder", "index.js")';
  const meddle = `process.on("exit", () => require("node:fs").writeFileSync(${file}, "evil"));`;
  return standInForNpm(stage, `${meddle}\nrequire(main);`);
}

export function clumsy(simulator: Simulator): void {
  simulator.publish(small("clumsy", "1.0.0", { scripts: { postinstall: "exit 3" } }));
}

export async function allowClumsy({ project, simulator }: Stage): Promise<void> {
  const scripts = [{ allow: "npm:clumsy", reason: "it used to work" }];
  await project.writeTrust({ registries: { acme: registryEntry(simulator) }, scripts });
}
