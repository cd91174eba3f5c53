/**
 * Keys that somebody offers, and that must not become a publisher's: what a stranger can put into a file, a key
 * directory, a KEYS file or a name. Each asserts that it is refused or told apart, and that the store is as it was.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import { openProxy } from "../../registry-fixtures/proxy.js";
import { serve } from "../../registry-fixtures/server.js";
import { wkdAddresses } from "../../src/pipeline/keys-wkd.js";
import { armored } from "../../src/verify/openpgp-keyring.js";
import { splitPackets, TAG } from "../../src/verify/openpgp-packets.js";
import { type Gpg, keyFile, keyOf, makeGpg, NO_GPG, Pages, refused, told } from "../cli/keys-bench.js";
import { typeInside } from "../pipeline/inside.js";
import * as shop from "../verify/openpgp-workshop.js";
import { setScene, small } from "./scene.js";

const authority = await mintAuthority();
const scene = await setScene(undefined, { inside: true, authority });
const { simulator, served } = scene;
const pages = new Pages();
const site = await serve(pages, { host: "lib.example", authority });
const proxy = await openProxy({ "lib.example": site.port });
after(() => Promise.all([proxy.close(), site.close()]));

const CA = `--cafile=${served.caFile}`;
const ENV = { HTTPS_PROXY: proxy.url, NO_PROXY: "localhost" };

const ann = await keyOf("Ann", "ann@lib.example");
const eve = await keyOf("Ann", "ann@lib.example");
const bob = await keyOf("Bob", "bob@elsewhere.example");
const [ANN, EVE, BOB] = [ann, eve, bob].map(shop.fingerprintOf) as [string, string, string];
const { tarball } = simulator.publish(
  small("lib", "1.0.0", { author: "Ann <ann@lib.example>", homepage: "https://lib.example/" }),
);
simulator.put("lib/-/lib-1.0.0.tgz.asc", await shop.armor(await shop.sign(ann, { bytes: tarball ?? Buffer.alloc(0) })));

const add = (key: string, ...more: readonly string[]): string[] => [
  "trust",
  "add",
  "npm:lib",
  "--key",
  key,
  CA,
  ...more,
];
const pinned = async () => {
  const project = await scene.project({ lib: "1.0.0" });
  await told(project, add(await keyFile(project, "ann.asc", ann)));
  return project;
};

describe("a key that is given", () => {
  test("by a short id, or by a user id, names nobody", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    for (const id of [ANN.slice(-8), ANN.slice(-16), `0x${ANN.slice(-16)}`]) {
      const error = await refused(project, add(id), 64);
      assert.match(`${error.says} ${error.help}`, /short key id.*Anyone can make another key/);
    }
    for (const id of ["Ann <ann@lib.example>", "ann@lib.example"]) {
      assert.match((await refused(project, add(id), 64)).help, /Anyone can write any name/);
    }
  });

  test("with the user id of one that is pinned is not taken for its successor", async () => {
    const project = await pinned();
    const file = await keyFile(project, "eve.asc", eve);
    const error = await refused(project, add(file), 65);
    assert.equal(error.code, "KEY_UNKNOWN");
    assert.match(
      `${error.says} ${error.help}`,
      new RegExp(`${ANN} of the publisher lib-author bears the same name.*--to ${EVE}`),
    );
    const elsewhere = ["trust", "add", "npm:left-pad", "--key", file, CA];
    assert.equal((await refused(project, elsewhere, 65)).code, "KEY_UNKNOWN");
    // Said to be theirs all the same, it is told that nobody vouches for it.
    const { warnings } = await told(project, add(file, "--as", "lib-author"));
    assert.match(warnings.join(), /neither key vouches for the other: how do you know/);
    const other = await pinned();
    const imported = await told(other, ["trust", "import", file, "--as", "lib-author"]);
    assert.match(imported.warnings.join(), /neither key vouches for the other: how do you know/);
  });

  test("that is pinned already for one publisher does not become a second one's", async () => {
    const project = await pinned();
    const error = await refused(project, add(ANN, "--as", "somebody-else"), 64);
    assert.match(`${error.says} ${error.help}`, /belongs to the publisher lib-author already.*count as two publishers/);
  });

  test("in a file with a secret key, with another certificate, or with something around it", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    const armor = ann.toPublic().armor();
    const files: Record<string, [string, RegExp]> = {
      "secret.asc": [ann.armor(), /not begin with an armored PGP PUBLIC KEY BLOCK|secret key/],
      "hidden.asc": [armored([Buffer.concat([shop.certificateOf(bob), ann.write()])]), /secret key/],
      "two.asc": [armored([shop.certificateOf(ann), shop.certificateOf(bob)]), /2 certificates/],
      "blocks.asc": [armor + bob.toPublic().armor(), /something follows/],
      "prose.asc": [`this is my key\n${armor}`, /does not begin/],
      "none.asc": ["hello\n", /does not begin/],
      "empty.asc": ["", /empty/],
    };
    for (const [name, [content, why]] of Object.entries(files)) {
      const error = await refused(project, add(await keyFile(project, name, content)), 64);
      assert.match(error.says, why, name);
    }
    await refused(project, ["trust", "import", join(project.home, "secret.asc")], 64);
    await refused(project, ["trust", "import", join(project.home, "hidden.asc")], 64);
    await refused(project, add(project.directory), 64);
    await refused(project, add("nowhere.asc"), 64);
  });

  test("that is revoked, ended, weak, or may not sign", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    const revoked = await shop.copyOf(bob);
    revoked.revocationSignatures = [await shop.revoke(revoked, { reason: 3 })];
    const silent = await shop.makeKey();
    shop.userOf(silent).selfCertifications = [
      await shop.certify(silent, { tweak: shop.having({ keyFlags: Uint8Array.of(shop.FLAGS.certify) }) }),
    ];
    const keys = {
      KEY_REVOKED: [revoked, /revoked/],
      KEY_EXPIRED: [await shop.makeKey({ lifeDays: 60 }), /ended on/],
      KEY_WEAK: [await shop.makeKey({ rsaBits: 1024 }), /1024|too short/],
      KEY_WEAK_2: [silent, /no key in it may sign/],
    } as const;
    for (const [code, [key, why]] of Object.entries(keys)) {
      const error = await refused(project, add(await keyFile(project, `${code}.asc`, key)), 65);
      assert.deepEqual([error.code, why.test(error.says)], [code.replace("_2", ""), true], error.says);
    }
  });

  test("with megabytes of signatures is not read", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    const packets = splitPackets(shop.certificateOf(ann), 100);
    assert.ok(packets.ok);
    const junk = packets.value.find(({ tag }) => tag === TAG.signature)?.raw ?? new Uint8Array();
    const bomb = (count: number): string =>
      armored([
        shop.certificateOf(ann),
        ...Array.from({ length: count }, (_, at) => shop.flipped(junk, junk.length - 1 - (at % 30), 1 + (at % 255))),
      ]);
    for (const count of [9_999, 20_000]) {
      const file = await keyFile(project, "bomb.asc", bomb(count));
      await refused(project, add(file), 64);
      assert.match((await refused(project, ["trust", "import", file], 64)).says, /more than 10000|at most 1048576/);
    }
  });

  test("with terminal escapes in its user id is shown without them", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    const rude = await keyOf("Ann\u001b[2J\u202egnol##vso[x]", "rude@lib.example");
    const file = await keyFile(project, "rude.asc", rude);
    const found = await typeInside(project, ["trust", "find", "lib", "--keyring", file, CA], ENV);
    const added = await typeInside(project, add(file));
    const imported = await typeInside(project, ["trust", "import", file]);
    for (const { stdout, stderr, status } of [found, added, imported]) {
      assert.equal(status, 0, stderr);
      assert.doesNotMatch(stdout + stderr, /[\u001b\u202e]|##/);
    }
    assert.match(added.stderr, /\\u\{1b\}\[2J/);
  });
});

describe("a publisher's name", () => {
  test("that looks like another's is refused: other alphabets, capitals, signs of one shape", async () => {
    const project = await pinned();
    const file = await keyFile(project, "bob.asc", bob);
    for (const name of [
      "lib-\u0430uthor",
      "Lib-Author",
      "lib_author",
      "1ib-auth0r",
      "libauthor",
      "lib-author\u200b",
      "__proto__",
      "toString",
    ]) {
      const error = await refused(project, add(file, "--as", name), 64);
      assert.match(error.says, /looks like the publisher "lib-author"|can't be the name of a publisher/, name);
    }
    const { imported } = { imported: await refused(project, ["trust", "import", file, "--as", "LIB-AUTHOR"], 64) };
    assert.match(imported.says, /looks like/);
  });
});

describe("a newer copy", () => {
  test("without the revocation does not bring a revoked key back", async () => {
    const project = await pinned();
    const copy = await shop.copyOf(ann);
    copy.revocationSignatures = [await shop.revoke(copy, { reason: 2 })];
    await told(project, ["trust", "import", await keyFile(project, "revoked.asc", copy)]);
    const file = `.secure-install/keys/${ANN}.asc`;
    const revoked = await project.read(file);
    const { imported } = await told(project, ["trust", "import", await keyFile(project, "stripped.asc", ann)]);
    assert.deepEqual([imported[0].written, await project.read(file)], ["unchanged", revoked]);
    assert.equal((await refused(project, add(await keyFile(project, "stripped.asc", ann)), 65)).code, "KEY_REVOKED");
    assert.equal((await refused(project, add(ANN), 65)).code, "KEY_REVOKED");
  });
});

describe("what a search brings", () => {
  const find = ["trust", "find", "lib", CA];

  test("a key directory that answers with somebody else's key", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    const direct = new URL(wkdAddresses("ann@lib.example").direct).pathname.slice(1);
    pages.put(direct, shop.certificateOf(bob));
    const { proposals, notes } = await told(project, find, ENV);
    assert.deepEqual([proposals, /gave 1 without that address in them/.test(notes.join())], [[], true], notes.join());
    pages.put(direct, Buffer.concat([shop.certificateOf(bob), eve.write()]));
    assert.match((await told(project, find, ENV)).notes.join(), /secret key/);
    pages.put(direct, null);
  });

  test("a key of the same name as the one that signed: both are shown, and only one verifies", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    pages.put("KEYS", eve.toPublic().armor() + ann.toPublic().armor());
    const { proposals } = await told(project, find, ENV);
    assert.deepEqual(
      proposals.map((one: { fingerprint: string; signs: { signs: string } }) => [one.fingerprint, one.signs.signs]),
      [
        [ANN, "yes"],
        [EVE, "not named"],
      ],
    );
    pages.put("KEYS", null);
  });

  test("a KEYS file of a thousand certificates, and of one more", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    const many = crowd(1000);
    pages.put("KEYS", armored([...many.slice(1), shop.certificateOf(ann)]));
    const began = Date.now();
    const found = await told(project, find, ENV);
    assert.deepEqual([found.proposals[0].fingerprint, found.proposals.length, found.others], [ANN, 20, 980]);
    assert.ok(Date.now() - began < 20_000);
    pages.put("KEYS", armored([...many, shop.certificateOf(ann)]));
    const more = await told(project, [...find, "--keys", "https://lib.example/KEYS"], ENV);
    assert.deepEqual([more.proposals, /more than 1000 certificates/.test(more.notes.join())], [[], true]);
    pages.put("KEYS", null);
  });

  test("an answer without an end, and one that leads elsewhere", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    pages.put("KEYS", ann.toPublic().armor());
    pages.put(new URL(wkdAddresses("ann@lib.example").direct).pathname.slice(1), shop.certificateOf(ann));
    pages.endless({ on: /hu\// });
    const endless = await told(project, find, ENV);
    assert.match(endless.notes.join(), /ann@lib\.example \(WKD\):.*more than 1048576 bytes/);
    assert.equal(endless.proposals[0].fingerprint, ANN);
    pages.reset();
    pages.redirect("https://elsewhere.invalid/KEYS", 302, { on: /KEYS|hu\// });
    const led = await told(project, find, ENV);
    assert.deepEqual([led.proposals, /another host/.test(led.notes.join())], [[], true]);
    pages.reset();
    pages.put("KEYS", null);
  });

  test("what it kept of a proposal is believed only as far as its own fingerprint goes", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    await told(project, [...find, "--keyring", await keyFile(project, "ann.asc", ann)], ENV);
    const folder = join(project.home, "cache");
    const { readdirSync } = await import("node:fs");
    const kept = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.includes("proposed-key"),
    );
    const file =
      kept.map((name) => join(folder, name)).find((name) => /[0-9a-f]{60}$/.test(name)) ?? assert.fail("not kept");
    const bytes = readFileSync(file);
    const header = bytes.subarray(0, bytes.indexOf("\n") + 1);
    writeFileSync(file, Buffer.concat([header, shop.certificateOf(eve)]));
    assert.match((await refused(project, add(ANN), 64)).says, /there is no key/);
  });
});

describe("gpg", { skip: NO_GPG }, () => {
  let gpg: Gpg;
  before(() => {
    gpg = makeGpg();
  });
  after(() => gpg.remove());

  test("a program of that name in the project is not run, and its keyring is nobody's", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    const bin = join(project.directory, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "gpg"), "#!/bin/sh\ntouch was-run\n", { mode: 0o755 });
    const error = await refused(project, add(BOB), 64, { PATH: bin });
    assert.match(error.says, /gpg is not installed/);
  });

  test("a fingerprint of a subkey is not the certificate's", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    const primary = gpg.generate("Sub <sub@lib.example>");
    gpg.run("--quick-add-key", primary, "ed25519", "sign", "0");
    const listing = gpg.run("--with-colons", "--list-keys", primary).toString();
    const subkey = [...listing.matchAll(/^fpr:+([0-9A-F]{40}):/gm)].at(-1)?.[1] ?? "";
    assert.notEqual(subkey, primary);
    const error = await refused(project, add(subkey), 64, { GNUPGHOME: gpg.home });
    assert.match(error.says, new RegExp(`is a subkey of ${primary}`));
  });

  test("its secret keys never leave it", async () => {
    const project = await scene.project({ lib: "1.0.0" });
    const fingerprint = gpg.generate("Own <own@lib.example>");
    await told(project, add(fingerprint), { GNUPGHOME: gpg.home });
    const packets = splitPackets(
      Buffer.from(
        (await project.read(`.secure-install/keys/${fingerprint}.asc`)).replace(/-----[^-]+-----/g, ""),
        "base64",
      ),
      100,
    );
    assert.ok(packets.ok);
    assert.ok(packets.value.every(({ tag }) => tag !== TAG.secretKey && tag !== TAG.secretSubkey));
  });
});

/** Certificates that differ in the time of their primary key, which is all that it takes for another fingerprint. */
function crowd(count: number): Uint8Array[] {
  const packets = splitPackets(shop.certificateOf(bob), 100);
  assert.ok(packets.ok);
  return Array.from({ length: count }, (_, at) =>
    Buffer.concat(
      packets.value.map(({ tag, raw, body }) => {
        if (tag !== TAG.publicKey) return raw;
        const copy = Buffer.from(raw);
        copy.writeUInt32BE(1_500_000_000 + at, raw.length - body.length + 1);
        return copy;
      }),
    ),
  );
}
