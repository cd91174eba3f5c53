/** Stores that must be refused. Each breaks the sample in one place; `schema` says that the JSON Schema sees it too. */
import { BUILTIN } from "../../src/trust/builtin.js";
import { all, type Damage, each, instead, keyWith, put, type Refused, refused } from "./damage.js";
import { COMMIT, mintKey, SHA512, SSH_KEY, sample, V4, V6 } from "./samples.js";

const rule = each("rules/0");
const acme = each("registries/acme");
const other = each("registries/other");
const npmjs = each("registries/npmjs");
const author = each("publishers/lib-author/identities/0");
const build = each("publishers/acme-ci/identities/0");
const exception = each("exceptions/0");
const instance = each("sigstore/acme");
const publicGood = each("sigstore/public-good");
const source = (from: string): Damage => put("sources/0/from", from);
const twin = (identity: unknown): Damage => put("publishers/twin", { identities: [identity] });
const oneKey = mintKey();
const old = BUILTIN[0]?.keys[0];
const acmeBuild = sample().publishers["acme-ci"].identities[0];

export const REFUSED: readonly Refused[] = [
  ...refused("trust", true, {
    "no format": [put("format"), /must have "format"/],
    "a format of the future": [put("format", 2), /"format" is 2/],
    "a format as text": [put("format", "1"), /must be the number 1; this is a text/],
    "a list instead of an object": [instead("[]"), /must be an object/],
    "an unknown section": [put("rule", []), /"rule" is not a key.*Did you mean "rules"/],
    "__proto__ as a section": [instead('{"format":1,"__proto__":{}}'), /"__proto__" is not a key/],
    "__proto__ as a publisher": [
      instead('{"format":1,"publishers":{"__proto__":{"identities":[]}}}'),
      /"__proto__" can't be a name/,
    ],
    "constructor as a registry": [
      put("registries/constructor", { url: "https://x.example/" }),
      /"constructor" can't be a name/,
    ],
    "a publisher's name with a line break": [put("publishers/a\nb", { identities: [acmeBuild] }), /can't be a name/],
    "rules that are no list": [put("rules", {}), /"rules" must be a list/],
    "an unknown key of a rule": [rule({ requires: [] }), /"requires" is not a key.*"require"/],
    "a rule without a reason": [put("rules/0/reason"), /must have "reason"/],
    "an empty reason": [rule({ reason: " \t" }), /"reason" must not be empty/],
    "a reason that is a number": [rule({ reason: 7 }), /"reason" must be a text/],
    "a rule without a selector": [put("rules/0/select"), /must have "select"/],
    "a selector without an ecosystem": [rule({ select: "@acme/*" }), /names no ecosystem/],
    "a selector of another ecosystem": [rule({ select: "cargo:serde" }), /neither npm nor pypi/],
    "a kind that does not exist": [rule({ require: ["signature"] }), /not a kind of evidence/],
    "a kind twice": [rule({ require: ["provenance", "provenance"] }), /stands twice/],
    "a date without a zone": [rule({ expires: "2027-02-01T00:00:00" }), /not a date/],
    "a date without a time": [rule({ expires: "2027-02-01" }), /2027-02-01T00:00:00Z/],
    "a date in words": [rule({ expires: "1 Feb 2027" }), /not a date/],
    "a date as a number": [rule({ expires: 1801440000 }), /"expires" must be a text/],
    "nobody of whom one is needed": [rule({ publishers: { atLeast: 1, of: [] } }), /1 of 0 publishers/],
    "at least none": [rule({ publishers: { atLeast: 0, of: ["lib-author"] } }), /1 or more/],
    "at least one and a half": [rule({ publishers: { atLeast: 1.5, of: ["lib-author", "acme-ci"] } }), /whole number/],
    "a publisher twice in one rule": [
      rule({ publishers: { atLeast: 2, of: ["lib-author", "lib-author"] } }),
      /stands twice/,
    ],
    "a registry without an address": [put("registries/acme/url"), /must have "url"/],
    "a registry over plain HTTP": [acme({ url: "http://npm.acme.dev/" }), /plain HTTP/],
    "plain HTTP on a loopback host": [acme({ url: "http://127.0.0.1:4873/" }), /plain HTTP/],
    "an address with a query": [acme({ url: "https://npm.acme.dev/?x" }), /query/],
    "an address with a fragment": [acme({ url: "https://npm.acme.dev/#x" }), /fragment/],
    "an address with a backslash": [acme({ url: "https://npm.acme.dev\\@evil.example/" }), /backslash/],
    "an address with white space": [acme({ url: "https://npm.acme.dev /" }), /white space/],
    "another protocol": [acme({ url: "ftp://npm.acme.dev/" }), /not an https/],
    "an unknown ecosystem": [acme({ ecosystem: "cargo" }), /"npm" or "pypi"/],
    "a home twice": [acme({ home: ["@acme/*", "@acme/*"] }), /twice/],
    "a host that is an address": [acme({ redirects: ["https://files.acme.dev/"] }), /not a host/],
    "a key without its id": [put("registries/other/keys/0/keyid"), /must have "keyid"/],
    "a key that is no P-256 key": [put("registries/other/keys", [mintKey("secp384r1")]), /not a P-256 public key/],
    "a built-in registry that mirrors another": [npmjs({ serves: "acme" }), /"serves" is not a key of the built-in/],
    "a short key id": [author({ fingerprint: "0123456789ABCDEF" }), /short key id.*full fingerprint/],
    "a very short key id": [author({ fingerprint: "0x01234567" }), /short key id/],
    "a fingerprint with spaces": [
      author({ fingerprint: "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567" }),
      /without spaces/,
    ],
    "a fingerprint of 41 digits": [author({ fingerprint: `${V4}0` }), /not a fingerprint/],
    "an unknown type of identity": [author({ type: "pgp" }), /not a type of identity/],
    "parts of both types of identity": [author({ issuer: "https://issuer.example" }), /"issuer" is not a key/],
    "a signature address over plain HTTP": [author({ signatureUrl: "http://x.example/{filename}.asc" }), /plain HTTP/],
    "a publisher without identities": [put("publishers/lib-author/identities", []), /at least one/],
    "a repository spelled as no certificate does": [build({ repository: "https://github.com/acme/lib.git" }), /\.git/],
    "a workflow with a wildcard": [build({ workflow: ".github/workflows/*" }), /not of its form/],
    "a ref with a wildcard inside": [build({ ref: "refs/*/x" }), /not of its form/],
    "a ref that is only a wildcard": [build({ ref: "*" }), /not of its form/],
    "a number for a repository's id": [build({ repositoryId: 1234 }), /must be a text/],
    "a status that does not exist": [put("publishers/former-author/status", "retired"), /only be "compromised"/],
    "compromised, and not since when": [put("publishers/former-author/since"), /must have "since"/],
    "compromised, and not why": [put("publishers/former-author/reason"), /must have "reason"/],
    "since when, and not what": [put("publishers/lib-author/since", "2026-01-01T00:00:00Z"), /belong to "status"/],
    "a runner with a wildcard": [build({ runner: "github-*" }), /not of its form/],
    "instances that are a list": [put("sigstore", []), /"sigstore" must be an object/],
    "an instance without a root": [put("sigstore/acme/trustedRoot"), /must have "trustedRoot"/],
    "an instance without packages": [put("sigstore/acme/select"), /must have "select"/],
    "an instance without issuers": [put("sigstore/acme/issuers"), /must have "issuers"/],
    "an unknown key of an instance": [instance({ issuer: [] }), /"issuer" is not a key of.*Did you mean "issuers"/],
    "a root over the network": [
      instance({ trustedRoot: "https://sigstore.acme.dev/root.json" }),
      /no file of the store/,
    ],
    "a root outside of its folder": [instance({ trustedRoot: "sigstore/../trust.json" }), /no file of the store/],
    "a root in capitals": [instance({ trustedRoot: "sigstore/Acme.json" }), /no file of the store/],
    "a root in a folder": [instance({ trustedRoot: "sigstore/a/b.json" }), /no file of the store/],
    "a hidden root": [instance({ trustedRoot: "sigstore/.json" }), /no file of the store/],
    "an instance that selects nothing": [instance({ select: [] }), /"select" must name at least one/],
    "an instance for everything": [instance({ select: null }), /must be a list/],
    "an instance for some versions": [
      instance({ select: ["npm:@acme/*@>=2.0.0"] }),
      /has a range.*Write npm:@acme\/\*/,
    ],
    "a selector twice": [instance({ select: ["npm:lib", "npm:lib"] }), /stands twice/],
    "an instance that believes nobody": [instance({ issuers: [] }), /"issuers" must name at least one/],
    "an issuer over plain HTTP": [instance({ issuers: ["http://gitlab.acme.dev"] }), /plain HTTP/],
    "an issuer twice": [instance({ issuers: ["https://a.example", "https://a.example"] }), /stands twice/],
    "an issuer that is a host": [instance({ issuers: ["gitlab.acme.dev"] }), /not an https/],
    "half a log entry": [instance({ logEntries: 0.5 }), /whole number from 0 to 16/],
    "fewer logs than none": [instance({ scts: -1 }), /whole number from 0 to 16/],
    "more logs than there are": [instance({ scts: 17 }), /whole number from 0 to 16/],
    "a threshold as text": [instance({ scts: "1" }), /"scts" must be a number; this is a text/],
    "the public instance without a log": [publicGood({ logEntries: 0 }), /from 1 to 16.*not lowered/],
    "the public instance without logs of certificates": [publicGood({ scts: 0 }), /from 1 to 16/],
    "the public instance with a root": [
      publicGood({ trustedRoot: "sigstore/acme.json" }),
      /"trustedRoot" is not a key/,
    ],
    "the public instance for some packages": [
      publicGood({ select: ["npm:lib"] }),
      /"select" is not a key of the built-in/,
    ],
    "the public instance without issuers": [publicGood({ issuers: [] }), /at least one/],
    "scripts allowed without a reason": [put("scripts/0/reason"), /must have "reason"/],
    "a source that is a branch": [source("git+https://git.example.net/tool#main"), /names no commit/],
    "a source that names no commit": [source("git+https://git.example.net/tool"), /names no commit/],
    "a source that is an abbreviated commit": [source("git+https://git.example.net/tool#0123456"), /names no commit/],
    "a source over plain HTTP": [source("http://files.example.net/tool.tgz"), /plain HTTP/],
    "git without encryption": [source(`git+http://git.example.net/tool#${COMMIT}`), /neither git\+https/],
    "a file outside of the project": [source("file:/etc/passwd"), /leads out/],
    "owners who sign nothing": [put("owners/identities", []), /at least one/],
    "an owner that is a build": [put("owners/identities", [acmeBuild]), /not a type of owner/],
    "an owner with a security key": [
      put("owners/identities", [{ type: "ssh", key: "sk-ssh-ed25519@openssh.com AAAA" }]),
      /not a key that can sign/,
    ],
    "an owner's key in two lines": [
      put("owners/identities", [{ type: "ssh", key: `${SSH_KEY}\n${SSH_KEY}` }]),
      /not a key that can sign/,
    ],
    "a fingerprint for an owner with an SSH key": [
      put("owners/identities", [{ type: "ssh", key: SSH_KEY, fingerprint: V4 }]),
      /"fingerprint" is not a key/,
    ],
    "a publisher with an SSH key": [
      put("publishers/lib-author/identities", [{ type: "ssh", key: SSH_KEY }]),
      /"key" is not a key/,
    ],
  }),
  ...refused("trust", false, {
    "a key that stands twice": [instead('{"format":1,"rules":[],"rules":[]}'), /stands twice/],
    "a wildcard inside a segment": [rule({ select: "npm:@acme/lib*" }), /not a package name/],
    "a wildcard without a scope": [rule({ select: "npm:acme/*" }), /only a scope/],
    "a regular expression": [rule({ select: "npm:^lib$" }), /not a package name/],
    "a range that is none": [rule({ select: "npm:lib@latest" }), /not a version range/],
    "an empty range": [rule({ select: "npm:lib@" }), /not a version range/],
    "a range that turns into every version": [rule({ select: "npm:lib@1.x ||" }), /"\|\|" is empty/],
    "30 February": [rule({ expires: "2027-02-30T00:00:00Z" }), /not a date/],
    "an hour that no day has": [rule({ expires: "2027-02-01T24:00:00Z" }), /not a date/],
    "a zone that is nowhere": [rule({ expires: "2027-02-01T00:00:00+25:00" }), /not a date/],
    "a publisher whom nobody described": [
      rule({ publishers: { atLeast: 1, of: ["lib-autor"] } }),
      /no publisher\. Did you mean "lib-author"/,
    ],
    "more publishers than there are": [
      rule({ publishers: { atLeast: 3, of: ["lib-author", "acme-ci"] } }),
      /3 of 2 publishers/,
    ],
    "more owners than there are": [put("owners/atLeast", 2), /2 of 1 owners/],
    "an address with a password": [acme({ url: "https://me:secret@npm.acme.dev/" }), /\.npmrc/],
    "an address spelled otherwise than it is used": [acme({ url: "https://NPM.acme.dev/" }), /spelled otherwise/],
    "an address with dots": [acme({ url: "https://npm.acme.dev/a/../b/" }), /spelled otherwise/],
    "a host in capitals": [acme({ redirects: ["Files.acme.dev"] }), /not a host/],
    "a port that goes without saying": [acme({ redirects: ["files.acme.dev:443"] }), /unless that is 443/],
    "a home that is no name": [acme({ home: ["@acme"] }), /not a package name/],
    "a misspelled built-in registry": [
      put("registries/npmsj", { require: ["integrity"] }),
      /Did you mean the built-in "npmjs"/,
    ],
    "a built-in registry at another address": [
      npmjs({ url: "https://npm.evil.example/" }),
      /is built in, and its address is/,
    ],
    "a built-in registry of another ecosystem": [npmjs({ ecosystem: "pypi" }), /its ecosystem is npm/],
    "a built-in key with a longer life": [
      npmjs({ keys: [{ keyid: old?.keyid, key: old?.spki, expires: null }] }),
      /shorter life/,
    ],
    "the id of another key": [put("registries/other/keys/0/keyid", mintKey().keyid), /not the id of the key.*SHA256:/],
    "a key with something behind it": [
      other({ keys: [keyWith((der) => Buffer.concat([der, Buffer.alloc(1)]))] }),
      /not a P-256 public key/,
    ],
    "a point that is not on the curve": [
      other({ keys: [keyWith((der) => Buffer.concat([der.subarray(0, 27), Buffer.alloc(64, 9)]))] }),
      /not a P-256 public key/,
    ],
    "a key twice": [other({ keys: [oneKey, oneKey] }), /stands twice/],
    "two registries at one address": [
      put("registries/twin", { url: "https://npm.acme.dev" }),
      /"twin" and "acme" have the same "url"/,
    ],
    "a registry at the address of a built-in one": [
      put("registries/mine", { url: "https://registry.npmjs.org" }),
      /"mine" and "npmjs" have the same "url"/,
    ],
    "two homes for every name": [acme({ home: ["*"] }), /at home in both "acme" and "other"/],
    "two homes for one scope": [npmjs({ home: ["@acme/*"] }), /"@acme\/\*" is at home in both/],
    "a mirror of nothing": [acme({ serves: "npmsj" }), /no registry\. Did you mean "npmjs"/],
    "evidence from nowhere": [acme({ evidenceFrom: "nowhere" }), /"evidenceFrom" leads to "nowhere"/],
    "a mirror of itself": [acme({ serves: "acme" }), /circle/],
    "mirrors in a circle": [all(acme({ serves: "other" }), other({ serves: "acme" })), /leads in a circle/],
    "evidence in a circle": [
      all(acme({ evidenceFrom: "other" }), other({ evidenceFrom: "acme" })),
      /leads in a circle/,
    ],
    "a mirror of another ecosystem": [acme({ serves: "pypi", evidenceFrom: "npmjs" }), /another ecosystem/],
    "a placeholder that stands for nothing": [author({ signatureUrl: "{url}.{ext}" }), /"\{ext\}" stands for nothing/],
    "a signature address whose host a package chooses": [
      author({ signatureUrl: "https://{name}.example.com/x.asc" }),
      /is not written out/,
    ],
    "one key under two publishers": [
      twin({ type: "openpgp", fingerprint: V4.toLowerCase() }),
      /belongs to "lib-author" already/,
    ],
    "one workflow under two publishers": [twin(acmeBuild), /belongs to "acme-ci" already/],
    "a workflow that another publisher's covers": [
      twin({ ...acmeBuild, workflow: undefined, ref: "refs/tags/v1" }),
      /belongs to "acme-ci" already/,
    ],
    "a misspelled public instance": [
      put("sigstore/public-god", { logEntries: 2 }),
      /Did you mean the built-in "public-good"/,
    ],
    "an issuer spelled otherwise than it is used": [
      instance({ issuers: ["https://GitLab.acme.dev"] }),
      /spelled otherwise/,
    ],
    "a Python project twice": [instance({ select: ["pypi:a-b", "pypi:A_b"] }), /stands twice/],
    "an owner's key cut short": [
      put("owners/identities", [{ type: "ssh", key: SSH_KEY.slice(0, -8) }]),
      /not a key that can sign: it is cut short/,
    ],
    "an owner's key of another type than it says": [
      put("owners/identities", [{ type: "ssh", key: SSH_KEY.replace("ed25519", "rsa") }]),
      /calls itself ssh-rsa/,
    ],
    "one SSH key twice, with two comments": [
      put("owners/identities", [
        { type: "ssh", key: `${SSH_KEY} ann` },
        { type: "ssh", key: `${SSH_KEY} bob` },
      ]),
      /stands here already/,
    ],
    "one owner twice": [put("owners/identities/1", { type: "openpgp", fingerprint: V4 }), /stands here already/],
    "a file above the project": [source("file:vendor/../../tool.tgz"), /leads out/],
    "a file on another drive": [source("file:C:/tool.tgz"), /leads out/],
    "a source with a password": [source(`git+https://me:x@git.example.net/tool#${COMMIT}`), /\.npmrc/],
  }),
  ...refused("exceptions", true, {
    "an exception for every version": [exception({ select: "npm:left-pad" }), /exactly one/],
    "an exception for a range": [exception({ select: "npm:left-pad@^1.3.0" }), /exactly one/],
    "an exception for a scope": [exception({ select: "npm:@acme/*@1.0.0" }), /exactly one/],
    "an exception without an end": [put("exceptions/0/expires"), /must have "expires"/],
    "an exception without a digest": [put("exceptions/0/digest"), /must have "digest"/],
    "an exception without a reason": [put("exceptions/0/reason"), /must have "reason"/],
    "an exception that waives nothing": [exception({ waive: [] }), /what the exception lets go/],
    "an exception that waives integrity": [exception({ waive: ["integrity"] }), /can't hold "integrity"/],
    "a weak digest": [exception({ digest: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=" }), /not one digest/],
    "two digests": [exception({ digest: `${SHA512} ${SHA512}` }), /not one digest/],
    "a digest in hex": [exception({ digest: `sha512:${V6}${V6}` }), /not one digest/],
  }),
  ...refused("exceptions", false, {
    "a digest cut short": [exception({ digest: "sha512-AAAA" }), /not one digest/],
    "a version that npm spells otherwise": [exception({ select: "npm:left-pad@01.3.0" }), /version/],
  }),
  ...refused("deny", true, {
    "a denial without a reason": [put("deny/0/reason"), /must have "reason"/],
    "a denial of an unknown key": [put("deny/0/selects", "x"), /Did you mean "select"/],
    "a denial without a selector": [put("deny/0/select"), /must have "select"/],
  }),
];
