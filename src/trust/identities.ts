/** Who a publisher, or an owner of the store, is: an OpenPGP certificate, or a build on somebody's workflow. */
import type { Identity, OwnerIdentity } from "../model/policy.js";
import { parseSshKey, sshKeyText } from "../model/ssh-key.js";
import { type Fields, readFields, readText } from "./fields.js";
import { type Json, malformed, quote } from "./json.js";
import { readFingerprint, readTime, readUrl, urlProblem } from "./values.js";

const OPENPGP_KEYS = ["type", "fingerprint", "signatureUrl", "until"] as const;
const BUILT_BY_KEYS = ["type", "issuer", "repository", "repositoryId", "ownerId", "workflow", "ref", "runner"] as const;
const SSH_KEYS = ["type", "key"] as const;
const PLACEHOLDERS = ["url", "name", "version", "filename"];

/** An identity, and where it stands in trust.json. */
export interface PlacedIdentity<Kind extends Identity | OwnerIdentity = Identity> {
  readonly at: string;
  readonly identity: Kind;
}

/** Reads one identity. Throws StopError TRUST_MALFORMED. */
export function readIdentity(value: Json): PlacedIdentity {
  const all = readFields(value, "an identity", [...new Set([...OPENPGP_KEYS, ...BUILT_BY_KEYS])]);
  const type = readText(all.need("type"), '"type"');
  if (type === "openpgp") {
    return { at: value.at, identity: openpgp(readFields(value, 'an identity of type "openpgp"', OPENPGP_KEYS)) };
  }
  if (type === "built-by") {
    return { at: value.at, identity: builtBy(readFields(value, 'an identity of type "built-by"', BUILT_BY_KEYS)) };
  }
  throw malformed(all.need("type").at, `${quote(type)} is not a type of identity.`, 'Known: "openpgp" and "built-by".');
}

/** Reads an identity of an owner: a key with which a person signs. Throws StopError TRUST_MALFORMED. */
export function readOwner(value: Json): PlacedIdentity<OwnerIdentity> {
  const all = readFields(value, "an owner", [...new Set([...OPENPGP_KEYS, ...BUILT_BY_KEYS, ...SSH_KEYS])]);
  const type = readText(all.need("type"), '"type"');
  const until = all.get("until");
  if (until !== null) throw malformed(until.at, '"until" is for the key of a publisher: take an owner out instead.');
  if (type === "ssh") return { at: value.at, identity: ssh(readFields(value, 'an owner of type "ssh"', SSH_KEYS)) };
  const { at, identity } = type === "openpgp" ? readIdentity(value) : { at: value.at, identity: null };
  if (identity?.type === "openpgp") return { at, identity };
  throw malformed(
    all.need("type").at,
    `${quote(type)} is not a type of owner: an owner is a key with which a person signs.`,
    'Known: "openpgp" and "ssh".',
  );
}

function ssh(fields: Fields<(typeof SSH_KEYS)[number]>): OwnerIdentity {
  const read = parseSshKey(readText(fields.need("key"), '"key"'));
  if (read.ok) return { type: "ssh", key: sshKeyText(read.key) };
  const help = 'Copy the line of the .pub file: "ssh-ed25519 AAAA…".';
  throw malformed(fields.need("key").at, `"key" is not a key that can sign: ${read.why}.`, help);
}

function openpgp(fields: Fields<(typeof OPENPGP_KEYS)[number]>): Extract<Identity, { type: "openpgp" }> {
  const [template, until] = [fields.get("signatureUrl"), fields.get("until")];
  return {
    type: "openpgp",
    fingerprint: readFingerprint(fields.need("fingerprint"), '"fingerprint"'),
    signatureUrl: template === null ? null : readTemplate(template),
    ...(until === null ? {} : { until: readTime(until, '"until"') }),
  };
}

/** A template whose host is written out, so that no package name can choose where it leads. */
function readTemplate(value: Json): string {
  const text = readText(value, '"signatureUrl"');
  const help = 'Write it like "{url}.asc" or "https://example.com/{name}/{version}/{filename}.asc".';
  for (const [placeholder, name = ""] of text.matchAll(/\{([^{}]*)\}/g)) {
    if (!PLACEHOLDERS.includes(name))
      throw malformed(value.at, `"signatureUrl": ${quote(placeholder)} stands for nothing.`, help);
  }
  const filled = text.replace(/^\{url\}/, "https://example.com/x").replace(/\{[a-z]+\}/g, "x");
  const why = /[{}]/.test(filled) ? "has a brace without its partner" : urlProblem(filled);
  if (why !== null) throw malformed(value.at, `"signatureUrl": ${quote(text)} ${why}.`, help);
  if (/^https:\/\/[^/]*\{/.test(text)) {
    throw malformed(value.at, `"signatureUrl": the host of ${quote(text)} is not written out.`, help);
  }
  if (text.lastIndexOf("{url}") > 0)
    throw malformed(value.at, '"signatureUrl": {url} can only stand at the beginning.', help);
  return text;
}

function builtBy(fields: Fields<(typeof BUILT_BY_KEYS)[number]>): Identity {
  readUrl(fields.need("issuer"), '"issuer"');
  readUrl(fields.need("repository"), '"repository"');
  const repository = readText(fields.need("repository"), '"repository"');
  if (/(\/|\.git)$/.test(repository)) {
    throw malformed(
      fields.need("repository").at,
      `"repository": certificates name it without ${quote(repository.endsWith("/") ? "/" : ".git")} at its end.`,
      `Write ${repository.replace(/(\/|\.git)+$/, "")}.`,
    );
  }
  return {
    type: "built-by",
    issuer: readText(fields.need("issuer"), '"issuer"'),
    repository,
    repositoryId: readMatching(fields.get("repositoryId"), /^[A-Za-z0-9._:-]{1,128}$/, '"repositoryId"', '"1234"'),
    ownerId: readMatching(fields.get("ownerId"), /^[A-Za-z0-9._:-]{1,128}$/, '"ownerId"', '"5678"'),
    workflow: readMatching(
      fields.get("workflow"),
      /^[^/*@\s\\][^*@\s\\]*$/,
      '"workflow"',
      '".github/workflows/release.yml"',
    ),
    ref: readMatching(
      fields.get("ref"),
      /^refs\/[^*\s\\]*[^/*\s\\](\/\*)?$/,
      '"ref"',
      '"refs/tags/*" or "refs/heads/main"',
    ),
    runner: readMatching(fields.get("runner"), /^[a-z]+(-[a-z]+)*$/, '"runner"', '"github-hosted"'),
  };
}

function readMatching(value: Json | null, grammar: RegExp, what: string, example: string): string | null {
  if (value === null) return null;
  const text = readText(value, what);
  if (!grammar.test(text))
    throw malformed(value.at, `${what}: ${quote(text)} is not of its form.`, `Write it like ${example}.`);
  return text;
}

/** Whether one proof could satisfy both identities, so that counting them as two would count one person twice. */
export function overlap(one: Identity | OwnerIdentity, other: Identity | OwnerIdentity): boolean {
  if (one.type === "ssh" || other.type === "ssh") {
    return one.type === "ssh" && other.type === "ssh" && one.key === other.key;
  }
  if (one.type === "openpgp" || other.type === "openpgp") {
    return one.type === "openpgp" && other.type === "openpgp" && one.fingerprint === other.fingerprint;
  }
  return (
    one.issuer === other.issuer &&
    (one.repository === other.repository || (one.repositoryId !== null && one.repositoryId === other.repositoryId)) &&
    either(one.workflow, other.workflow) &&
    either(one.runner, other.runner) &&
    refsOverlap(one.ref, other.ref)
  );
}

/** Whether every proof that satisfies `inner` satisfies `outer`. */
export function covers(outer: Identity | OwnerIdentity, inner: Identity | OwnerIdentity): boolean {
  if (outer.type !== "built-by" || inner.type !== "built-by") return overlap(outer, inner);
  const asks = (wanted: string | null, given: string | null): boolean => wanted === null || wanted === given;
  return (
    outer.issuer === inner.issuer &&
    outer.repository === inner.repository &&
    asks(outer.repositoryId, inner.repositoryId) &&
    asks(outer.ownerId, inner.ownerId) &&
    asks(outer.workflow, inner.workflow) &&
    asks(outer.runner, inner.runner) &&
    (asks(outer.ref, inner.ref) ||
      (outer.ref?.endsWith("/*") === true && inner.ref?.startsWith(outer.ref.slice(0, -1)) === true))
  );
}

/** Two identities that overlap have one of these in common, so only those need to be held against each other. */
export function traits(identity: Identity | OwnerIdentity): readonly string[] {
  if (identity.type === "ssh") return [identity.key];
  if (identity.type === "openpgp") return [identity.fingerprint];
  const { issuer, repository, repositoryId } = identity;
  return [`${issuer} ${repository}`, ...(repositoryId === null ? [] : [`${issuer} id ${repositoryId}`])];
}

/** Null stands for any. */
function either(one: string | null, other: string | null): boolean {
  return one === null || other === null || one === other;
}

function refsOverlap(one: string | null, other: string | null): boolean {
  if (either(one, other)) return true;
  const covers = (pattern: string | null, ref: string | null): boolean =>
    pattern?.endsWith("/*") === true && ref?.startsWith(pattern.slice(0, -1)) === true;
  return covers(one, other) || covers(other, one);
}
