/** Instances of Sigstore in the store: what is read, what is refused, and how it is told. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Identity, TrustStore } from "../../src/model/policy.js";
import { PUBLIC_SIGSTORE } from "../../src/trust/builtin.js";
import { observationsOf, tellObservation } from "../../src/trust/corroboration.js";
import { covers, overlap } from "../../src/trust/identities.js";
import { listLines, listTrust } from "../../src/trust/list.js";
import { showLines, showPackage } from "../../src/trust/show.js";
import { builtinStore, readStore } from "../../src/trust/store.js";
import { summarize } from "../../src/trust/summary.js";
import { identityWords } from "../../src/trust/words.js";
import {
  ACME_ROOT,
  bytes,
  type Loose,
  NOW,
  readByFirstLine,
  sample,
  sampleRoot,
  stoppedLater,
  storeOf,
} from "./samples.js";
import { observation, observations, SOURCE } from "./sights.js";

const asIs = (text: string): string => text;
const npm = (name: string) => ({ ecosystem: "npm", name, version: null }) as const;

/** A store of nothing but instances, and the files that are their roots. */
function storeWith(sigstore: unknown, roots: Readonly<Record<string, unknown>> = {}): Promise<TrustStore> {
  const files = Object.entries({ "trust.json": { format: 1, sigstore }, ...roots });
  const contents = new Map(files.map(([name, value]) => [name, bytes(value)]));
  return readStore(contents, { directory: "/project/.secure-install", now: NOW }, readByFirstLine);
}

const acme = (change: Loose = {}): Loose => ({ acme: { ...sample().sigstore.acme, ...change } });

describe("instances in the store", () => {
  it("are those that are built in where trust.json says nothing", async () => {
    assert.deepEqual((await storeWith(undefined)).sigstore, [PUBLIC_SIGSTORE]);
    assert.deepEqual(builtinStore().sigstore, [PUBLIC_SIGSTORE]);
  });

  it("are the public one first, with issuers added and thresholds raised, then private ones", async () => {
    const [first, second, ...more] = (await storeOf(sample())).sigstore;
    assert.deepEqual(first, {
      ...PUBLIC_SIGSTORE,
      issuers: [...PUBLIC_SIGSTORE.issuers, "https://gitlab.acme.dev"],
      logEntries: 2,
    });
    assert.deepEqual(
      { ...second, select: second?.select?.map(({ pattern }) => pattern) },
      {
        id: "acme",
        root: bytes(sampleRoot()),
        select: ["@acme/*"],
        issuers: ["https://gitlab.acme.dev"],
        logEntries: 1,
        scts: 0,
      },
    );
    assert.deepEqual(more, []);
  });

  it("ask for one log entry and one log of certificates unless they say otherwise", async () => {
    const files = { [ACME_ROOT]: sampleRoot() };
    const store = await storeWith({ ...acme({ logEntries: undefined, scts: undefined }), "public-good": {} }, files);
    assert.deepEqual(
      store.sigstore.map(({ id, logEntries, scts }) => [id, logEntries, scts]),
      [
        ["public-good", 1, 1],
        ["acme", 1, 1],
      ],
    );
  });

  it("keep an issuer as it is written: certificates spell it so", async () => {
    const issuers = ["https://a.example", "https://a.example/", "https://gitlab.com"];
    const [instance] = (await storeWith({ "public-good": { issuers } })).sigstore;
    assert.deepEqual(instance?.issuers, [...PUBLIC_SIGSTORE.issuers, ...issuers.slice(0, 2)]);
  });

  it("must have the root that they name, which is proposed where it is misspelled", async () => {
    const error = await stoppedLater(storeWith(acme(), { "sigstore/acne.json": sampleRoot() }));
    assert.match(
      error.message,
      /is missing: \.secure-install\/sigstore\/acme\.json\. Did you mean "sigstore\/acne\.json"/,
    );
    assert.match(error.at ?? "", /^trust\.json:\d+:\d+$/);
  });

  it("have a root that is read strictly", async () => {
    const root = sampleRoot();
    delete root.tlogs[0].publicKey.validFor.start;
    const error = await stoppedLater(storeWith(acme(), { [ACME_ROOT]: root }));
    assert.deepEqual([error.code, error.at?.split(":")[0]], ["TRUST_MALFORMED", ACME_ROOT]);
  });

  it("may do without log entries only where a timestamp authority says when", async () => {
    const root = sampleRoot();
    await storeWith(acme({ logEntries: 0 }), { [ACME_ROOT]: root });
    root.timestampAuthorities = [];
    const error = await stoppedLater(storeWith(acme({ logEntries: 0 }), { [ACME_ROOT]: root }));
    assert.match(error.message, /names no timestamp authority/);
    assert.match(error.at ?? "", /^trust\.json:\d+:\d+$/);
    await storeWith(acme(), { [ACME_ROOT]: root });
  });

  it("are bounded in number", async () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`i${at}`, acme().acme]));
    assert.match((await stoppedLater(storeWith(many))).message, /more than 64 instances/);
  });

  it("have files of one folder, and others are not read", async () => {
    for (const name of ["sigstore/Acme.json", "sigstore/acme.pem", "sigstore/README.md", "sigstor/acme.json"]) {
      assert.match(
        (await stoppedLater(storeWith(undefined, { [name]: sampleRoot() }))).message,
        /does not belong/,
        name,
      );
    }
  });

  it("are in the store's digest with their roots", async () => {
    const root = sampleRoot();
    const one = await storeWith(acme(), { [ACME_ROOT]: root });
    root.tlogs.pop();
    assert.notEqual((await storeWith(acme(), { [ACME_ROOT]: root })).digest, one.digest);
  });
});

describe("instances, told", () => {
  it("trust list shows them where trust.json says something of them", async () => {
    const list = listTrust(await storeOf(sample()), NOW);
    const lines = listLines(list, asIs);
    const at = lines.indexOf("Sigstore");
    assert.match(
      lines[at + 1] ?? "",
      /^ {2}public-good {2}for all packages {2}builds of .*, https:\/\/gitlab\.acme\.dev {2,}2 log entries, 1 log of certificates$/,
    );
    assert.match(
      lines[at + 2] ?? "",
      /^ {2}acme +for npm:@acme\/\* +builds of https:\/\/gitlab\.acme\.dev +1 log entry, no log of certificates$/,
    );
    assert.deepEqual(list.sigstore[1]?.select, ["npm:@acme/*"]);
    assert.match(list.sigstore[1]?.root ?? "", /^sha256:[0-9a-f]{64}$/);
  });

  it("trust list leaves out what is built in, but for JSON", () => {
    const list = listTrust(builtinStore(), NOW);
    assert.ok(!listLines(list, asIs).includes("Sigstore"));
    assert.deepEqual([list.sigstore[0]?.id, list.sigstore[0]?.select], ["public-good", null]);
  });

  it("trust show names the private ones that may speak for the package", async () => {
    const store = await storeOf(sample());
    const shown = showPackage(store, npm("@acme/lib"), NOW);
    assert.deepEqual(
      shown.sigstore.map(({ id }) => id),
      ["acme"],
    );
    assert.match(
      showLines(shown, asIs).join("\n"),
      /Its builds may also be certified by\n {2}acme {2}for npm:@acme\/\*/,
    );
    assert.deepEqual(showPackage(store, npm("left-pad"), NOW).sigstore, []);
  });

  it("trust check counts them, and says what is not used and what can't be had", async () => {
    const root = { ...sampleRoot(), tlogs: [] };
    const files = { [ACME_ROOT]: root, "sigstore/old.json": sampleRoot() };
    const summary = summarize(await storeWith(acme({ scts: 16 }), files), NOW);
    assert.equal(summary.counts.sigstore, 1);
    assert.deepEqual(summary.unused, [
      { place: "sigstore/old.json", says: "No instance of Sigstore has this trusted root." },
    ]);
    assert.deepEqual(summary.unmeetable, [
      { place: "sigstore.acme", says: "It asks for log entries, and its root names no log." },
      { place: "sigstore.acme", says: "It asks for 16 logs of certificates, and its root names 4." },
    ]);
    const whole = summarize(await storeOf(sample()), NOW);
    assert.deepEqual([whole.counts.sigstore, whole.unmeetable], [2, []]);
    assert.equal(summarize(builtinStore(), NOW).counts.sigstore, 0);
  });
});

describe("builds", () => {
  const one: Extract<Identity, { type: "built-by" }> = {
    type: "built-by",
    issuer: SOURCE.issuer,
    repository: SOURCE.repository,
    repositoryId: null,
    ownerId: null,
    workflow: null,
    ref: null,
    runner: null,
  };
  const [hosted, own] = [
    { ...one, runner: "github-hosted" },
    { ...one, runner: "self-hosted" },
  ];

  it("on two kinds of machines are two; no kind stands for any", () => {
    assert.deepEqual([overlap(hosted, own), overlap(hosted, one), overlap(one, own)], [false, true, true]);
    assert.deepEqual(
      [covers(one, own), covers(own, one), covers(own, hosted), covers(own, own)],
      [true, false, false, true],
    );
  });

  it("are told with machines and ids", () => {
    assert.equal(
      identityWords({ ...hosted, repositoryId: "1234", ownerId: "5678", ref: "refs/tags/*" }),
      `built by ${SOURCE.repository}, refs/tags/*, on github-hosted machines, repository id 1234, owner id 5678 (${SOURCE.issuer})`,
    );
    assert.equal(identityWords(one), `built by ${SOURCE.repository} (${SOURCE.issuer})`);
  });

  it("that were observed are told in one line, of what is known", () => {
    const told = (source: typeof SOURCE | null): string | null =>
      tellObservation(observation("1.0.0", { source })).source;
    const { repository, run } = SOURCE;
    assert.equal(
      told(SOURCE),
      `${repository}, .github/workflows/release.yml@refs/tags/v1.0.0, commit 1f1f1f1f1f1f, ${run}`,
    );
    const bare = { ...SOURCE, workflow: null, ref: null, commit: null, run: null };
    assert.equal(told(bare), repository);
    assert.equal(told({ ...bare, ref: "refs/heads/main" }), `${repository}, refs/heads/main`);
    assert.equal(told({ ...bare, workflow: "ci.yml" }), `${repository}, ci.yml`);
    assert.equal(told(null), null);
    const known = observations(observation("1.0.0", { source: SOURCE }));
    const shown = showPackage({ ...builtinStore(), observations: known }, npm("lib"), NOW);
    assert.equal(observationsOf(known, npm("lib")).length, 1);
    assert.match(showLines(shown, asIs).join("\n"), /built from https:\/\/github\.com\/acme\/lib, \.github\/workflows/);
  });
});
