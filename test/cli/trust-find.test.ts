/** `trust find`: from whom a package may be, by key directories, KEYS files and keyrings; it proposes, and adds nothing. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type * as openpgp from "openpgp";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import { openProxy } from "../../registry-fixtures/proxy.js";
import { serve } from "../../registry-fixtures/server.js";
import { wkdAddresses } from "../../src/pipeline/keys-wkd.js";
import { setScene, small } from "../attacks/scene.js";
import { typeInside } from "../pipeline/inside.js";
import * as shop from "../verify/openpgp-workshop.js";
import { type Gpg, keyFile, keyOf, makeGpg, NO_GPG, Pages, refused, told } from "./keys-bench.js";

const authority = await mintAuthority();
const scene = await setScene(undefined, { inside: true, authority });
const { simulator, served } = scene;
const pages = new Pages();
const site = await serve(pages, { host: "lib.example", authority });
const directory = new Pages();
const wkd = await serve(directory, { host: "openpgpkey.lib.example", authority });
const proxy = await openProxy({ "lib.example": site.port, "openpgpkey.lib.example": wkd.port });
after(() => Promise.all([proxy.close(), site.close(), wkd.close()]));

const CA = `--cafile=${served.caFile}`;
const ENV = { HTTPS_PROXY: proxy.url, NO_PROXY: "localhost" };
const find = ["trust", "find", "lib", CA];

const ann = await keyOf("Ann", "ann@lib.example");
const bob = await keyOf("Bob", "bob@elsewhere.example");
const [ANN, BOB] = [shop.fingerprintOf(ann), shop.fingerprintOf(bob)];

const release = simulator.publish(
  small("lib", "1.0.0", { author: "Ann <ann@lib.example>", homepage: "https://lib.example/project/#readme" }),
);
const bytes = release.tarball ?? Buffer.alloc(0);
const signature = await shop.armor(await shop.sign(ann, { bytes }));
simulator.put("lib/-/lib-1.0.0.tgz.asc", signature);
simulator.publish(small("quiet"));

function publishKey(address: string, content: Uint8Array): void {
  directory.put(new URL(wkdAddresses(address).advanced).pathname.slice(1), content);
}

const armor = (...keys: readonly openpgp.Key[]): string => keys.map((key) => key.toPublic().armor()).join("\nand\n");

describe("trust find", () => {
  test("by the author's address and the project's KEYS file: each key once, the one that signed first", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    publishKey("ann@lib.example", shop.certificateOf(ann));
    pages.put("project/KEYS", `These sign our releases.\n\n${armor(bob, ann)}`);
    const untouched = await project.snapshot();
    const found = await told(project, find, ENV);
    assert.deepEqual([found.locked, found.signature.issuers], ["lib@1.0.0", [ANN]]);
    const [first, second, ...others] = found.proposals;
    assert.deepEqual([first.fingerprint, first.signs.signs, others], [ANN, "yes", []]);
    assert.deepEqual(first.from, ["https://lib.example/project/KEYS", "the domain of ann@lib.example (WKD)"]);
    assert.equal(first.add, `secure-install trust add npm:lib --key ${ANN}`);
    assert.deepEqual([second.fingerprint, second.signs.signs], [BOB, "not named"]);
    assert.deepEqual(await project.snapshot(), untouched);

    const ran = await typeInside(project, find, ENV);
    for (const line of [
      "2 keys found for lib; the signature of lib@1.0.0 at ",
      "    user id     Ann <ann@lib.example>",
      "    made        ",
      "    signature   verifies lib@1.0.0",
      `    to pin it   secure-install trust add npm:lib --key ${ANN}`,
      "    signature   of lib@1.0.0 is not by it",
      "Nothing was added.",
      "Key servers are not asked: anyone may put a key there under any name",
    ]) {
      assert.ok(ran.stdout.includes(line), `${line} is not in ${ran.stdout}`);
    }
    // What was proposed can be named by its fingerprint alone, as the line says.
    const { trial } = await told(project, ["trust", "add", "npm:lib", "--key", ANN, CA], ENV);
    assert.deepEqual([trial.signed, trial.tried], [1, 1]);
    publishKey("ann@lib.example", new Uint8Array());
    pages.put("project/KEYS", null);
  });

  test("a KEYS file and a keyring that are named", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    pages.put("other/KEYS", armor(bob));
    const ring = await keyFile(project, "ring.asc", ann);
    const found = await told(project, [...find, "--keys", "https://lib.example/other/KEYS", "--keyring", ring], ENV);
    assert.deepEqual(
      found.proposals.map((one: { fingerprint: string }) => one.fingerprint),
      [ANN, BOB],
    );
    const local = await told(project, [...find, "--keys", ring], ENV);
    assert.equal(local.proposals[0].from[0], ring);
    await refused(project, [...find, "--keyring", "nothing.asc"], 64, ENV);
    const http = await told(project, [...find, "--keys", "http://lib.example/KEYS"], ENV);
    assert.match(http.notes.join(), /is not https/);
  });

  test("a package that is not locked here, one without a signature, and no network", async () => {
    const project = await scene.project({ quiet: "1.0.0" });
    const other = await told(project, find, ENV);
    assert.deepEqual([other.locked, other.signature], [null, null]);
    const unsigned = await told(project, ["trust", "find", "quiet", CA], ENV);
    assert.deepEqual([unsigned.locked, unsigned.signature, unsigned.proposals], ["quiet@1.0.0", null, []]);
    assert.match(unsigned.notes.join(), /there is no signature at/);
    const offline = await told(project, [...find, "--offline"], ENV);
    assert.deepEqual(offline.proposals, []);
    assert.match(offline.notes.join(), /--offline was given/);
    await refused(project, ["trust", "find", "npm:@acme/*", CA], 64, ENV);
    await refused(project, ["trust", "find", "lib@^1", CA], 64, ENV);
  });
});

describe("trust find --gpg", { skip: NO_GPG }, () => {
  let gpg: Gpg;
  before(() => {
    gpg = makeGpg();
    const file = join(gpg.home, "keys.asc");
    writeFileSync(file, armor(ann, bob));
    gpg.run("--import", file);
  });
  after(() => gpg.remove());

  test("gpg's own keyring, by the key that signed and by the author's address; nothing else in it is shown", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    const { proposals, notes } = await told(project, [...find, "--gpg"], { ...ENV, GNUPGHOME: gpg.home });
    assert.deepEqual(
      proposals.map((one: { fingerprint: string; from: string[] }) => [one.fingerprint, one.from]),
      [[ANN, ["gpg's keyring"]]],
      notes,
    );
    const empty = await told(project, [...find, "--gpg"], { ...ENV, GNUPGHOME: join(gpg.home, "nowhere") });
    assert.deepEqual([empty.proposals, /gpg has no keyring here/.test(empty.notes.join())], [[], true]);
  });
});
