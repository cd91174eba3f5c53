/** What tests of publishers and their keys share: a real gpg, files, and what a run has said. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as openpgp from "openpgp";
import type { Project } from "../../registry-fixtures/project.js";
import { Site } from "../../registry-fixtures/site.js";
import { typeInside } from "../pipeline/inside.js";
import * as shop from "../verify/openpgp-workshop.js";

export const hasGpg = process.platform !== "win32" && spawnSync("gpg", ["--version"]).status === 0;
export const NO_GPG = hasGpg ? false : "SKIPPED: gpg is not installed";

/** A keyring of gpg's own, in a folder of its own. */
export interface Gpg {
  readonly home: string;
  run(...args: readonly string[]): Buffer;
  /** Makes an Ed25519 key that certifies and signs; its full fingerprint. */
  generate(userId: string): string;
  /** Armored. */
  exported(...fingerprints: readonly string[]): string;
  remove(): void;
}

export function makeGpg(): Gpg {
  const home = mkdtempSync(join(tmpdir(), "gpg-"));
  const run = (...args: readonly string[]): Buffer => {
    const quiet = ["--homedir", home, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""];
    const ran = spawnSync("gpg", [...quiet, ...args]);
    assert.equal(ran.status, 0, `gpg ${args.join(" ")}: ${ran.stderr}`);
    return ran.stdout;
  };
  return {
    home,
    run,
    generate: (userId) => {
      run("--quick-gen-key", userId, "ed25519", "cert,sign", "0");
      const listing = run("--with-colons", "--list-keys", `=${userId}`).toString();
      return [...listing.matchAll(/^fpr:+([0-9A-F]{40}):/gm)].at(-1)?.[1] ?? "";
    },
    exported: (...fingerprints) => run("--armor", "--export", ...fingerprints).toString(),
    remove: () => {
      spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A site that has nothing but the files that are put on it. */
export class Pages extends Site {
  protected answer() {
    return { status: 404, type: "text/plain", body: Buffer.from("not here\n") };
  }
}

/** Ends well, and gives what was printed as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: the tests look at single members.
export async function told(project: Project, argv: readonly string[], env: Record<string, string> = {}): Promise<any> {
  const { status, stdout, stderr } = await typeInside(project, [...argv, "--json"], env);
  assert.equal(status, 0, `${argv.join(" ")}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}

/** Is refused, leaves the project as it was, and gives the error. */
export async function refused(
  project: Project,
  argv: readonly string[],
  status: number,
  env: Record<string, string> = {},
): Promise<{ readonly code: string; readonly says: string; readonly help: string }> {
  const untouched = await project.snapshot();
  const ran = await typeInside(project, [...argv, "--json"], env);
  assert.equal(ran.status, status, `${argv.join(" ")}: ${ran.stdout}${ran.stderr}`);
  assert.deepEqual(await project.snapshot(), untouched);
  return JSON.parse(ran.stdout).error;
}

/** Writes a certificate beside the project, as somebody would have downloaded it. */
export async function keyFile(project: Project, name: string, key: openpgp.Key | string): Promise<string> {
  const file = join(project.home, name);
  writeFileSync(file, typeof key === "string" ? key : key.toPublic().armor());
  return file;
}

/** A key of that name, made in this process: no gpg is needed. */
export async function keyOf(name: string, email: string): Promise<openpgp.PrivateKey> {
  const { generateKey } = await import("openpgp");
  const { privateKey } = await generateKey({
    type: "ecc",
    curve: "ed25519Legacy",
    userIDs: [{ name, email }],
    date: shop.ago(100),
    format: "object",
    config: { v6Keys: false },
  });
  return privateKey;
}
