/** Edits of a sample store, each with the words for it: for changes.test.ts. */
import type { TrustStore } from "../../src/model/policy.js";
import { type Change, changesBetween } from "../../src/trust/changes.js";
import {
  type Loose,
  mintKey,
  NOW,
  sample,
  sampleDenials,
  sampleExceptions,
  sampleRoot,
  storeOf,
  V4,
  V6,
} from "./samples.js";

export interface Parts {
  readonly trust: Loose;
  readonly exceptions: Loose;
  readonly deny: Loose;
  /** The trusted root of the private instance of Sigstore. */
  readonly root: Loose;
}
export type Edit = (parts: Parts) => void;
export type Expected = readonly [Change["direction"], place: string, says: RegExp];

export const parts = (): Parts => ({
  trust: base(),
  exceptions: sampleExceptions(),
  deny: sampleDenials(),
  root: sampleRoot(),
});
const otherKey = mintKey();
const thirdKey = mintKey();

/** The sample with keys that are the same every time, and more than one of what has edges. */
export function base(): Loose {
  const trust = sample();
  trust.registries.other.keys = [{ ...otherKey, expires: "2028-01-01T00:00:00Z" }];
  trust.rules.push(
    { select: "npm:lib@>=2.0.0", require: ["manifest"], reason: "since it is signed" },
    { select: "npm:plain", require: ["archive"], publishers: { atLeast: 1, of: ["former-author"] }, reason: "plain" },
  );
  return trust;
}

export async function between(edit: Edit, first: Edit = () => {}): Promise<readonly Change[]> {
  const [before, after] = [parts(), parts()];
  first(before);
  first(after);
  edit(after);
  const load = ({ trust, exceptions, deny, root }: Parts): Promise<TrustStore> =>
    storeOf(trust, exceptions, deny, root);
  return changesBetween(await load(before), await load(after), NOW);
}

export const rule =
  (at: number, change: Loose): Edit =>
  ({ trust }) =>
    void Object.assign(trust.rules[at], change);
export const npmjs =
  (change: Loose): Edit =>
  ({ trust }) =>
    void Object.assign(trust.registries.npmjs, change);
export const acme =
  (change: Loose): Edit =>
  ({ trust }) =>
    void Object.assign(trust.registries.acme, change);
const others =
  (change: Loose): Edit =>
  ({ trust }) =>
    void Object.assign(trust.registries.other, change);
export const author =
  (change: Loose): Edit =>
  ({ trust }) =>
    void Object.assign(trust.publishers["lib-author"], change);
export const former =
  (change: Loose): Edit =>
  ({ trust }) =>
    void Object.assign(trust.publishers["former-author"], change);
export const build =
  (change: Loose): Edit =>
  ({ trust }) =>
    void Object.assign(trust.publishers["acme-ci"].identities[0], change);
const instance =
  (name: string, change: Loose): Edit =>
  ({ trust }) =>
    void Object.assign(trust.sigstore[name], change);
export const exception =
  (change: Loose): Edit =>
  ({ exceptions }) =>
    void Object.assign(exceptions.exceptions[0], change);
const more =
  (section: string, entry: Loose): Edit =>
  ({ trust }) =>
    void trust[section].unshift(entry);
export const without =
  (section: string): Edit =>
  ({ trust }) =>
    void trust[section].pop();

export const TABLE: Readonly<Record<string, readonly [Edit, ...Expected[]]>> = {
  "a registry lies elsewhere": [
    acme({ url: "https://npm.acme.example/" }),
    ["weaker", "registries.acme", /another address/],
  ],
  "a registry asks for less": [
    npmjs({ require: ["integrity"] }),
    ["weaker", "registries.npmjs", /no longer asks for registry-signature/],
  ],
  "a registry asks for more": [
    acme({ require: ["integrity", "manifest"] }),
    ["stronger", "registries.acme", /asks for manifest/],
  ],
  "a scope moves to another home": [
    ({ trust }) => {
      trust.registries.acme.home = [];
      trust.registries.other.home.push("@acme/*");
    },
    ["weaker", "registries.other", /home for @acme\/\*: other .* instead of acme/],
  ],
  "a home that falls back to the public registry": [
    ({ trust }) => {
      trust.registries.acme.home = [];
    },
    ["weaker", "registries.other", /home for @acme\/\*/],
  ],
  "a home within the same registry is no change": [acme({ home: ["@acme/*", "@acme/lib"] })],
  "another key of a registry": [
    others({ keys: [{ ...otherKey, expires: "2028-01-01T00:00:00Z" }, thirdKey] }),
    ["weaker", "registries.other", /Another key can sign/],
  ],
  "a key that is gone": [
    others({ keys: [thirdKey] }),
    ["weaker", "registries.other", /Another key/],
    ["stronger", "registries.other", /no longer signs/],
  ],
  "a key that is gone where no signature is asked for": [
    others({ keys: [], require: ["integrity"] }),
    ["weaker", "registries.other", /no longer asks/],
    ["weaker", "registries.other", /a stranger's/],
  ],
  "a key that holds for longer": [others({ keys: [otherKey] }), ["weaker", "registries.other", /without an end/]],
  "a key that ends sooner": [
    others({ keys: [{ ...otherKey, expires: "2027-01-01T00:00:00Z" }] }),
    ["stronger", "registries.other", /until 2027-01-01/],
  ],
  "one more mirror": [others({ serves: "npmjs" }), ["weaker", "registries.other", /may also come from other/]],
  "one mirror less": [
    acme({ serves: undefined, evidenceFrom: undefined }),
    ["weaker", "registries.acme", /signatures are asked of/],
    ["stronger", "registries.acme", /no longer come/],
  ],
  "more redirects": [
    acme({ redirects: ["files.acme.dev"] }),
    ["weaker", "registries.acme", /redirect to files.acme.dev/],
  ],
  "fewer redirects": [
    others({ redirects: ["files.example.net"] }),
    ["stronger", "registries.other", /no longer redirect to files.example.net:8443/],
  ],
  "a registry that serves another is new": [
    ({ trust }) => {
      trust.registries.mirror = { url: "https://mirror.example/", serves: "npmjs" };
    },
    ["weaker", "registries.mirror", /may also come from the new registry/],
  ],
  "a registry that is gone": [
    ({ trust }) => {
      delete trust.registries.acme;
    },
    ["weaker", "registries.other", /home for @acme/],
    ["stronger", "registries.acme", /Nothing may come from https:\/\/npm.acme.dev\//],
  ],

  "another identity of a publisher": [
    author({
      identities: [
        { type: "openpgp", fingerprint: V4, signatureUrl: "{url}.asc" },
        { type: "built-by", issuer: "https://issuer.example", repository: "https://x.example/neu" },
      ],
    }),
    ["weaker", "publishers.lib-author", /also built by https:\/\/x.example\/neu/],
  ],
  "a signature that is looked for elsewhere": [
    author({ identities: [{ type: "openpgp", fingerprint: V4, signatureUrl: "https://x.example/{name}.asc" }] }),
    ["weaker", "publishers.lib-author", /elsewhere: https:\/\/x.example/],
  ],
  "a key that is retired": [
    author({
      identities: [{ type: "openpgp", fingerprint: V4, signatureUrl: "{url}.asc", until: "2026-06-01T00:00:00Z" }],
    }),
    ["stronger", "publishers.lib-author", /retired since 2026-06-01/],
  ],
  "a workflow that no longer matters": [
    build({ workflow: undefined }),
    ["weaker", "publishers.acme-ci", /is also built by/],
  ],
  "machines that no longer matter": [
    build({ runner: undefined }),
    ["weaker", "publishers.acme-ci", /is also built by .*, refs\/tags\/\*, repository id 1234, owner id 5678 \(/],
  ],
  "other machines": [
    build({ runner: "self-hosted" }),
    ["weaker", "publishers.acme-ci", /is also built by .* on self-hosted machines/],
    ["stronger", "publishers.acme-ci", /is no longer built by .* on github-hosted machines/],
  ],
  "a ref that is narrower": [build({ ref: "refs/tags/v1" }), ["stronger", "publishers.acme-ci", /no longer built by/]],
  "a publisher who is compromised": [
    author({ status: "compromised", since: "2026-01-01T00:00:00Z", reason: "stolen" }),
    ["stronger", "publishers.lib-author", /compromised since 2026-01-01T00:00:00.000Z: stolen/],
  ],
  "a compromise that is lifted": [
    former({ status: undefined, since: undefined, reason: undefined }),
    ["weaker", "publishers.former-author", /no longer compromised/],
  ],
  "a compromise since later": [
    former({ since: "2026-09-01T00:00:00Z" }),
    ["weaker", "publishers.former-author", /it was since 2026-08-17/],
  ],
  "a compromise since earlier": [
    former({ since: "2026-08-01T00:00:00Z" }),
    ["stronger", "publishers.former-author", /since 2026-08-01/],
  ],
  "a publisher whom no rule names yet": [
    ({ trust }) => {
      trust.publishers.neu = {
        identities: [{ type: "built-by", issuer: "https://issuer.example", repository: "https://x.example/neu" }],
      };
    },
    ["other", "publishers.neu", /is new/],
  ],

  "a rule that is gone": [
    ({ trust }) => {
      trust.rules.splice(0, 1);
    },
    [
      "weaker",
      "rules[0]",
      /npm:@acme\/\*@>=2.0.0 need no longer show provenance; 1 of lib-author, acme-ci: the rule is gone/,
    ],
  ],
  "a rule that asks for less": [
    rule(0, { require: [] }),
    ["weaker", "rules[0]", /need no longer show provenance, only 1 of/],
  ],
  "a rule that asks for more": [
    rule(1, { require: ["manifest", "archive"] }),
    ["stronger", "rules[1]", /npm:lib@>=2.0.0 must show archive/],
  ],
  "a rule that spares a package": [
    rule(0, { except: ["npm:@acme/legacy", "npm:@acme/other"] }),
    ["weaker", "rules[0]", /rules\[0\] excepts npm:@acme\/other/],
  ],
  "a rule that spares nobody any more": [rule(0, { except: [] }), ["stronger", "rules[0]", /must show provenance/]],
  "a rule that spares what it never selected is the same": [rule(0, { except: ["npm:@acme/legacy", "npm:unrelated"] })],
  "a rule that ends sooner": [
    rule(0, { expires: "2027-06-01T00:00:00Z" }),
    ["weaker", "rules[0]", /ends on 2027-06-01/],
  ],
  "a rule that ends later": [
    rule(0, { expires: "2029-01-01T00:00:00Z" }),
    ["stronger", "rules[0]", /until 2029-01-01/],
  ],
  "a rule that ended, and is gone, meant nothing": [without("rules")],
  "fewer publishers are needed": [
    rule(0, { publishers: { atLeast: 1, of: ["lib-author", "acme-ci", "former-author"] } }),
    ["weaker", "rules[0]", /need no longer show 1 of lib-author, acme-ci/],
    ["stronger", "rules[0]", /former-author/],
  ],
  "more publishers are needed": [
    rule(0, { publishers: { atLeast: 2, of: ["lib-author", "acme-ci"] } }),
    ["stronger", "rules[0]", /2 of/],
  ],
  "a publisher less, of whom one is enough": [
    rule(0, { publishers: { atLeast: 1, of: ["acme-ci"] } }),
    ["stronger", "rules[0]", /1 of acme-ci/],
  ],
  "a compromised publisher who is no longer named": [
    rule(2, { publishers: { atLeast: 1, of: ["lib-author"] } }),
    ["weaker", "rules[2]", /1 of former-author/],
    ["stronger", "rules[2]", /1 of lib-author/],
  ],
  "versions that no rule covered": [
    more("rules", { select: "npm:lib@<2.0.0", require: ["manifest"], reason: "old ones" }),
    ["weaker", "rules[0]", /npm:lib@<2.0.0 may pass; versions outside of npm:lib@>=2.0.0.* were refused/],
    ["stronger", "rules[0]", /must show manifest/],
  ],
  "a rule that is for more versions": [
    rule(1, { select: "npm:lib@>=1.0.0" }),
    ["weaker", "rules[1]", /npm:lib@>=1.0.0 may pass/],
    ["stronger", "rules[1]", /must show manifest/],
  ],
  "a rule that is for fewer versions": [
    rule(1, { select: "npm:lib@>=3.0.0" }),
    ["weaker", "rules[1]", /rules\[1\] is for npm:lib@>=3.0.0/],
  ],
  "a new rule for what no rule spoke of": [
    more("rules", { select: "npm:@new/*", require: ["manifest"], reason: "new" }),
    ["stronger", "rules[0]", /npm:@new\/\* must show manifest/],
  ],
  "a rule whose selector is only spelled otherwise": [rule(1, { select: "npm:lib@>= 2.0.0" })],
  "a rule that asks what a wider one asks already": [
    more("rules", { select: "npm:lib@^3.0.0", require: ["manifest"], reason: "twice" }),
  ],
  "another reason": [rule(1, { reason: "other" }), ["other", "rules[1]", /another reason: other/]],
  "rules in another order": [({ trust }) => void trust.rules.reverse()],

  "an exception that is new": [
    ({ exceptions }) => {
      exceptions.exceptions.unshift({ ...exceptions.exceptions[0], select: "npm:other@1.0.0" });
    },
    ["weaker", "exceptions[0]", /npm:other@1.0.0 need not show registry-signature until 2027-02-01: published before/],
  ],
  "an exception for longer": [
    exception({ expires: "2027-03-01T00:00:00Z" }),
    ["weaker", "exceptions[0]", /until 2027-03-01, and until 2027-02-01 before/],
  ],
  "an exception for more": [
    exception({ waive: ["registry-signature", "provenance"] }),
    ["weaker", "exceptions[0]", /need not show provenance until/],
  ],
  "an exception for other bytes": [
    exception({ digest: `sha512-${Buffer.alloc(64, 8).toString("base64")}` }),
    ["weaker", "exceptions[0]", /need not show/],
    ["stronger", "exceptions[0]", /must show registry-signature again/],
  ],
  "an exception for shorter": [
    exception({ expires: "2027-01-01T00:00:00Z" }),
    ["stronger", "exceptions[0]", /again from 2027-01-01 on/],
  ],
  "an exception that is gone": [
    ({ exceptions }) => void exceptions.exceptions.pop(),
    ["stronger", "exceptions[0]", /again/],
  ],
  "an exception that ended long ago": [
    ({ exceptions }) => {
      exceptions.exceptions.push({
        ...exceptions.exceptions[0],
        select: "npm:old@1.0.0",
        expires: "2020-01-01T00:00:00Z",
      });
    },
  ],

  "a denial that is gone": [
    ({ deny }) => void deny.deny.pop(),
    ["weaker", "deny[0]", /npm:event-stream@3.3.6 is no longer denied\.$/],
  ],
  "a denial that is narrower": [
    ({ deny }) => {
      deny.deny[0].select = "npm:event-stream@>=3.3.6 <3.3.6";
    },
    ["weaker", "deny[0]", /no longer denied/],
  ],
  "a denial that is wider": [
    ({ deny }) => {
      deny.deny[0].select = "npm:event-stream";
    },
    ["stronger", "deny[0]", /npm:event-stream is denied: malware/],
  ],
  "a denial below a wider one": [({ deny }) => void deny.deny.push({ select: "npm:event-stream@=3.3.6", reason: "x" })],

  "install scripts that may run": [
    more("scripts", { allow: "npm:sharp", reason: "builds" }),
    ["weaker", "scripts[0]", /npm:sharp may run install scripts: builds/],
  ],
  "install scripts that may not": [without("scripts"), ["stronger", "scripts[0]", /esbuild@0.25.x no longer may run/]],
  "install scripts of fewer versions": [
    ({ trust }) => {
      trust.scripts[0].allow = "npm:esbuild@0.25.1";
    },
    ["stronger", "scripts[0]", /esbuild@0.25.x no longer/],
  ],
  "another source": [
    more("sources", { allow: "npm:internal-tool", from: "https://evil.example/tool.tgz", reason: "moved" }),
    ["weaker", "sources[0]", /may come from https:\/\/evil.example\/tool.tgz/],
  ],
  "a source that is gone": [without("sources"), ["stronger", "sources[0]", /no longer may come from git/]],
  "another package that is built from source": [
    more("sdists", { allow: "pypi:other", reason: "x" }),
    ["weaker", "sdists[0]", /may be built from source/],
  ],

  "another issuer of the public instance": [
    instance("public-good", { issuers: ["https://gitlab.acme.dev", "https://ci.example"] }),
    ["weaker", "sigstore.public-good", /Builds of https:\/\/ci\.example may count by public-good/],
  ],
  "the public instance as it is built in": [
    ({ trust }) => void delete trust.sigstore["public-good"],
    ["weaker", "sigstore.public-good", /needs 1 log entries, and needed 2/],
    ["stronger", "sigstore.public-good", /Builds of https:\/\/gitlab\.acme\.dev no longer count/],
  ],
  "a public issuer that is built in anyway": [
    instance("public-good", { issuers: ["https://gitlab.com", "https://gitlab.acme.dev"] }),
  ],
  "more logs of certificates are asked for": [
    instance("acme", { scts: 1 }),
    ["stronger", "sigstore.acme", /needs 1 logs of certificates, and needed 0/],
  ],
  "fewer log entries are asked for": [
    instance("acme", { logEntries: 0 }),
    ["weaker", "sigstore.acme", /needs 0 log entries, and needed 1/],
  ],
  "an instance that speaks for more": [
    instance("acme", { select: ["npm:@acme/*", "npm:lib"] }),
    ["weaker", "sigstore.acme", /acme may speak for npm:lib\./],
  ],
  "an instance that speaks for all packages": [
    instance("acme", { select: ["npm:*"] }),
    ["weaker", "sigstore.acme", /acme may speak for npm:\*/],
  ],
  "an instance that speaks for less": [
    instance("acme", { select: ["npm:@acme/lib"] }),
    ["stronger", "sigstore.acme", /no longer speak for all of npm:@acme\/\*/],
  ],
  "an instance that speaks for what it spoke for": [instance("acme", { select: ["npm:@acme/lib", "npm:@acme/*"] })],
  "another private instance": [
    ({ trust }) => {
      trust.sigstore.other = { ...trust.sigstore.acme, select: ["npm:lib"] };
    },
    ["weaker", "sigstore.other", /The instance other of Sigstore is new: for npm:lib; builds of https:\/\/gitlab/],
  ],
  "an instance that is gone": [
    ({ trust }) => void delete trust.sigstore.acme,
    ["stronger", "sigstore.acme", /is gone/],
    ["other", "sigstore/acme.json", /no instance names/],
  ],
  "another authority in a private root": [
    ({ root }) => void root.certificateAuthorities.push({ ...root.timestampAuthorities[0] }),
    ["weaker", "sigstore.acme", /The certificate authority https:\S+ \([0-9a-f]{16}…\) is new, begins on 2025-04-09/],
  ],
  "a log less in a private root": [
    ({ root }) => void root.tlogs.pop(),
    ["stronger", "sigstore.acme", /The transparency log https:\S+ \([0-9a-f]{16}…\) is gone/],
  ],
  "a log of a private root that lives longer": [
    ({ root }) => void delete root.ctlogs[0].publicKey.validFor.end,
    ["weaker", "sigstore.acme", /The log of certificates .* ends on 2022-07-31 until now, .* and has no end/],
  ],
  "a log of a private root that begins earlier, and ends": [
    ({ root }) => {
      root.tlogs[0].publicKey.validFor = { start: "2020-01-01T00:00:00Z", end: "2027-01-01T00:00:00Z" };
    },
    ["weaker", "sigstore.acme", /begins on 2020-01-01 and ends on 2027-01-01/],
  ],
  "a log of a private root that ends": [
    ({ root }) => {
      root.tlogs[0].publicKey.validFor.end = "2027-01-01T00:00:00Z";
    },
    ["stronger", "sigstore.acme", /has no end until now, begins on 2021-01-12 and ends on 2027-01-01/],
  ],
  "a second life of one log": [
    ({ root }) => {
      const [log] = root.ctlogs;
      const validFor = { start: "2024-01-01T00:00:00Z", end: "2025-01-01T00:00:00Z" };
      root.ctlogs.push({ ...log, publicKey: { ...log.publicKey, validFor } });
    },
    ["weaker", "sigstore.acme", /begins on 2024-01-01 and ends on 2025-01-01/],
  ],
  "a log of a private root at another address": [
    ({ root }) => {
      root.tlogs[0].baseUrl = "https://log.example";
    },
    ["weaker", "sigstore.acme", /log https:\/\/log\.example .* is described otherwise/],
  ],
  "an authority with another chain above it": [
    ({ root }) => void root.certificateAuthorities[0].certChain.certificates.pop(),
    ["weaker", "sigstore.acme", /is described otherwise/],
  ],
  "a private root in another order, run by somebody": [
    ({ root }) => {
      root.ctlogs.reverse();
      root.tlogs[0].operator = "acme.dev";
    },
  ],

  "owners who are gone": [({ trust }) => void delete trust.owners, ["weaker", "owners", /Nobody needs to sign/]],
  "another owner": [
    ({ trust }) => void trust.owners.identities.push({ type: "openpgp", fingerprint: V6 }),
    ["weaker", "owners", /Another can sign as an owner: openpgp/],
  ],
  "another owner, and more of them needed": [
    ({ trust }) => {
      trust.owners.identities.push({ type: "openpgp", fingerprint: V6 });
      trust.owners.atLeast = 2;
    },
    ["weaker", "owners", /Another can sign/],
    ["stronger", "owners", /needs 2 of its owners, and needed 1/],
  ],
};
