/**
 * The one catalogue of codes. Stage first, stable, UPPER_SNAKE. The kind fixes the exit status; `means` says what
 * may lie behind a finding, `help` one next step, which is never the way to switch the check off.
 * `docs/codes.md` has a paragraph for each.
 */

/** What a code does to a run. `note` and `warn` findings never change the exit status. */
export type CodeKind = "refuse" | "undecided" | "config" | "usage" | "bug" | "advice";
export type Severity = "tamper" | "refuse" | "undecided" | "warn" | "note";

export interface CodeEntry {
  readonly kind: CodeKind;
  readonly severity: Severity;
  readonly means: string;
  readonly help: string;
}

const refuse = (means: string, help: string): CodeEntry => ({ kind: "refuse", severity: "refuse", means, help });
const tamper = (means: string, help: string): CodeEntry => ({ kind: "refuse", severity: "tamper", means, help });
const undecided = (means: string, help: string): CodeEntry => ({
  kind: "undecided",
  severity: "undecided",
  means,
  help,
});
const config = (means: string, help: string): CodeEntry => ({ kind: "config", severity: "refuse", means, help });
const advice = (severity: "warn" | "note", means: string, help: string): CodeEntry => ({
  kind: "advice",
  severity,
  means,
  help,
});

const RETRY = "Run the same command again; if it lasts, ask whoever runs the registry or your network.";
const REGENERATE =
  "Look at how the entry came into the lockfile (git log -p on it), and write it anew with your package manager.";
const COMPARE =
  "Do not install it. Compare with a copy from elsewhere, and tell the package's publisher and the registry.";
const ASK_PUBLISHER =
  "Ask whoever signs it, the publisher or the registry, over a channel that you already trust, which key is theirs.";
const REPORT_PACKAGE = "Do not install it. Report the package to its registry and its publisher.";

export const CATALOGUE = {
  USAGE: {
    kind: "usage",
    severity: "refuse",
    means: "The command line is not understood, or asks for something that can't be given.",
    help: "See secure-install --help.",
  },
  INTERNAL: {
    kind: "bug",
    severity: "refuse",
    means: "secure-install itself is at fault.",
    help: "Please report it, with the output of the same command under --verbose.",
  },

  LOCKFILE_UNREADABLE: config(
    "There is no lockfile, or it is not one: truncated, not JSON, too large, too deep, or of an unknown version.",
    "Write it anew with your package manager, and commit it.",
  ),
  LOCKFILE_EMPTY: advice(
    "warn",
    "The lockfile names no packages, so nothing was verified.",
    "See that this is the project you meant.",
  ),
  LOCKFILE_SOURCE_UNSUPPORTED: refuse(
    "The bytes would come from git, a URL or a file: no registry stands behind them, and no key signs them.",
    'Depend on a published version, or pin the exact source under "sources" in trust.json, with a reason.',
  ),
  LOCKFILE_INTEGRITY_ABSENT: refuse(
    "Without a digest in the lockfile the installer would take whatever bytes it is given. Removing it is the first step of a swap.",
    REGENERATE,
  ),
  LOCKFILE_INTEGRITY_WEAK: refuse(
    "SHA-1 and MD5 digests can be forged: two different files with the same digest can be made on purpose.",
    "Write the lockfile anew with a current package manager, which records sha512.",
  ),
  LOCKFILE_INTEGRITY_AMBIGUOUS: tamper(
    "Two digests of one algorithm, or a digest that is not well formed: npm would accept bytes that match either of two.",
    REGENERATE,
  ),
  LOCKFILE_NAME_MISMATCH: tamper(
    "The entry installs one package under the name of another. Imports of the trusted name would load the other one.",
    REGENERATE,
  ),
  LOCKFILE_NAME_INVALID: tamper(
    "No registry can hold a package of that name or version; such names are made to deceive a reader or a program.",
    REGENERATE,
  ),
  LOCKFILE_OUT_OF_DATE: refuse(
    "The lockfile and package.json do not describe the same dependencies, so what is locked is not what is asked for.",
    "Bring the lockfile up to date with your package manager, review the change, and commit both.",
  ),
  LOCKFILE_EXTRANEOUS: advice(
    "note",
    "Nothing in the project leads to this entry. npm leaves such entries out, or installs them all the same; it was verified like any other.",
    "Write the lockfile anew with your package manager, if you wonder why it is there.",
  ),
  LOCKFILE_AMBIGUOUS: refuse(
    "Two lockfiles lie side by side, or one says two things of a package, and installers differ in which they follow: what is verified might not be what is installed.",
    "Keep one lockfile, written anew by the package manager that you install with, and delete the others.",
  ),
  LOCKFILE_LINK: tamper(
    "A link would put a folder of your disk in the place of a package. Only declared workspaces and the project's own file: dependencies may.",
    REGENERATE,
  ),

  REGISTRY_UNKNOWN: refuse(
    "The package comes from a registry that nobody here has declared, so no rule says what it must show.",
    'If the registry is yours, declare it under "registries" in trust.json.',
  ),
  REGISTRY_NOT_HOME: tamper(
    "Each name has one home registry. The same name elsewhere is how dependency confusion works.",
    'Find out why the lockfile points there. A mirror is declared with "serves" in trust.json.',
  ),

  FETCH_TLS: undecided(
    "The server's certificate did not hold: unknown issuer, another host's name, or out of date. Someone may be in between.",
    "Find out who answers there. If your network has its own certificate authority, name its file with --cafile or npm's cafile setting.",
  ),
  FETCH_INSECURE_URL: refuse(
    "Over plain HTTP anyone on the way can change what arrives.",
    "Write the address with https:// where it stands: in the lockfile, in npm's settings or in trust.json.",
  ),
  FETCH_REDIRECT: refuse(
    "The server sent the request on to a place where it may not go: another host, plain HTTP, or round in circles.",
    'If the registry serves its files from another host, name it under "redirects" of that registry in trust.json.',
  ),
  FETCH_TOO_LARGE: undecided("The answer is larger than anything that is expected there.", RETRY),
  FETCH_TIMEOUT: undecided("The server was too slow, or stopped half-way.", RETRY),
  FETCH_FAILED: undecided("The server could not be reached, or did not give what was asked for.", RETRY),
  FETCH_OFFLINE: undecided(
    "--offline was given, and the store does not hold what is needed.",
    "Run it once with a network, then again with --offline.",
  ),

  DIGEST_MISMATCH: tamper(
    "These are not the bytes that were locked. Either they were replaced, or the lockfile was.",
    COMPARE,
  ),
  SIGNATURE_INVALID: tamper("The signature does not belong to these bytes. Either they, or it, were changed.", COMPARE),
  SIGNATURE_ABSENT: refuse(
    "A signature is required, and none came. What is always signed at its source and comes without it was not published there, or someone on the way took the signature off: a mirror, a proxy, or an attacker.",
    'Find out what stands between you and the registry. A mirror that drops signatures is declared with "serves" and "evidenceFrom" in trust.json.',
  ),
  SIGNATURE_MALFORMED: tamper("What is offered as a signature is not one, or has something hidden around it.", COMPARE),
  SIGNATURE_HASH_WEAK: refuse(
    "The signature is made over a hash that can be forged (SHA-1 or MD5), or is of a kind that does not cover the exact bytes.",
    "Ask the publisher to sign with SHA-256 or better, as a binary detached signature.",
  ),
  SIGNATURE_TIME: refuse(
    "The signature was made outside the life of its key, or carries a time that cannot be.",
    ASK_PUBLISHER,
  ),
  SIGNER_UNTRUSTED: refuse(
    "It is signed, but too few of those whom you decided to trust for this package have signed it.",
    "Ask the publisher which key is theirs. A new key is taken with secure-install trust rotate, another publisher with secure-install trust add.",
  ),
  KEY_UNKNOWN: refuse(
    "The signature was made with a key that is not pinned. Anyone can make such a signature.",
    ASK_PUBLISHER,
  ),
  KEY_EXPIRED: refuse(
    "The key's time was over before this was published: whoever holds an old key could sign anything with it.",
    ASK_PUBLISHER,
  ),
  KEY_REVOKED: tamper("Its owner has revoked the key. Revoked keys are often stolen ones.", ASK_PUBLISHER),
  KEY_COMPROMISED: tamper(
    "trust.json calls this publisher compromised, and nothing proves that this was made before.",
    "Wait for a release that the publisher made with a new key.",
  ),
  KEY_WEAK: refuse("The key is too weak to prove anything (short RSA, DSA, or an unsound binding).", ASK_PUBLISHER),

  ATTESTATION_INVALID: tamper("The attestation does not hold: it, or what it speaks of, was changed.", COMPARE),
  ATTESTATION_SUBJECT_MISMATCH: tamper("The attestation is genuine, but it speaks of another artifact.", COMPARE),
  ATTESTATION_ABSENT: refuse(
    "Your rules ask for an attestation of this package, and none was verified.",
    "Choose a version that was published with provenance, or change the rule in review.",
  ),

  CLAIM_NAME_MISMATCH: tamper(
    "The registry answered for another package or version than it was asked for. Its signature would be genuine, and for the wrong thing.",
    COMPARE,
  ),

  ARCHIVE_PATH_ESCAPE: tamper("A file of the archive would be written outside the package's folder.", REPORT_PACKAGE),
  ARCHIVE_LINK_ESCAPE: tamper(
    "The archive holds a link, which npm never packs: links are used to reach out of the folder.",
    REPORT_PACKAGE,
  ),
  ARCHIVE_LINK: refuse(
    "The archive holds a link to something inside the package. npm never packs one, and leaves it out when it unpacks: what would be installed lacks a file that the archive seems to have.",
    "Choose a version without links; if there is none, ask the publisher to pack it anew with npm.",
  ),
  ARCHIVE_DUPLICATE: tamper(
    "Two entries of the archive lead to one file (on some file system), so two readers can see two different packages.",
    REPORT_PACKAGE,
  ),
  ARCHIVE_MALFORMED: tamper(
    "The archive is damaged, or made so that two programs read different files out of it.",
    REPORT_PACKAGE,
  ),
  ARCHIVE_TOO_LARGE: refuse(
    "Unpacked, the archive would be larger, deeper or longer than any honest package.",
    REPORT_PACKAGE,
  ),
  ARCHIVE_ODD: advice(
    "note",
    "The archive has a form that honest tools seldom make. It was read without doubt about its meaning.",
    "Nothing needs to be done; look at the package if you did not expect it.",
  ),

  MANIFEST_MISMATCH: tamper(
    "The lockfile, the registry and the package's own package.json tell different stories about what is installed, linked or run.",
    "Do not install it. Compare the three, and report the package if the registry's side is the odd one.",
  ),
  IDENTITY_MISMATCH: tamper(
    "The package.json inside the archive is of another package or version than the one asked for.",
    COMPARE,
  ),

  POLICY_DENIED: refuse("deny.json says that this must never be installed.", "Move to a version that is not denied."),
  POLICY_UNCOVERED: refuse(
    "Rules speak of this package, but none covers this version: a lower or later version would step around them.",
    "Widen the rule's range in trust.json, in review.",
  ),
  POLICY_UNMET: refuse("A kind of evidence that is required was not there.", "Choose a version that has it."),
  EXCEPTION_EXPIRED: advice(
    "warn",
    "An exception that would have applied is past its end, so it no longer does.",
    "Remove it from exceptions.json, or renew it in review.",
  ),
  EXCEPTION_EXPIRES: advice(
    "warn",
    "An exception ends within six weeks.",
    "Settle what it is for, or renew it in review.",
  ),
  EXCEPTION_UNUSED: advice(
    "note",
    "An exception let nothing through in this run.",
    "If no other lockfile needs it, remove it: secure-install trust remove, with its place.",
  ),
  POLICY_WEAKENED: advice(
    "warn",
    "The trust store asks for less than the built-in floor.",
    "Restore the floor as soon as the reason is gone.",
  ),

  DRIFT_DIGEST: tamper(
    "The same name and version was seen with other bytes before. A registry never replaces what it has published; whoever does may have taken over the package, the registry, or the way to it.",
    "Do not install it: compare both archives, ask the publisher which of them is theirs, and go to another version: this one means two things.",
  ),
  DRIFT_EVIDENCE_VANISHED: refuse(
    "A kind of evidence that was there before is gone: the publisher stopped signing, somebody else published, or something on the way takes the proof off.",
    "Find out which of them it is. secure-install trust accept says that a person has settled it.",
  ),
  DRIFT_SOURCE: refuse(
    "It was built somewhere else than before: by another service, from another repository, under another owner, by another workflow, or on another kind of machine.",
    "Look for the publisher's own word on the move. secure-install trust accept says that a person has settled it.",
  ),
  DRIFT_KEY: refuse(
    "It is signed with another key than before. A new key may be the publisher's own, or that of whoever took the package over.",
    "Ask the publisher, over a channel that you already trust, which key is theirs. secure-install trust accept says that a person has settled it.",
  ),
  DRIFT_PUBLISHER: advice(
    "warn",
    "The registry says that somebody else published it than before, or that it took a token where builds published by themselves. A new maintainer does that, and so does a thief.",
    "Ask the publisher, over a channel that you already trust, whether this release is theirs. secure-install trust accept says that a person has settled it.",
  ),

  TRUST_MALFORMED: config(
    "The trust store is not what it must be, so nothing can be judged by it.",
    "Correct the place that is named.",
  ),
  TRUST_NESTED: config(
    "A trust store lies below the repository's root. Two stores would let the lower one speak for what the upper one governs.",
    "Keep one .secure-install folder, at the root, or name one with --trust.",
  ),
  TRUST_BASE: advice(
    "note",
    "A gate judges with the trust store of the branch that a change goes to, not with the one that comes with the change.",
    "Review what changes in the trust store as you would review code.",
  ),
  TRUST_BASE_MISSING: config(
    "The commit whose trust store has to judge can't be had. Judging with the one that comes with the change would let its author decide.",
    "Fetch the commit, then run the same command again.",
  ),
  TRUST_CHANGED: advice("warn", "The trust store itself changed.", "Review the change as you would review code."),
  ROOTS_INVALID: refuse(
    "The repository of npm's keys and Sigstore's roots gave what is not signed as it must be, is older than what was seen before, is past its end, or is not of one piece. Somebody may be in between, or hold it back.",
    "Run secure-install trust refresh again later, or over another network; what is in use until then goes on working.",
  ),
  EVIDENCE_MALFORMED: config(
    "The file is not one that secure-install trust evidence export has written, or somebody has changed it since.",
    "Export it anew, where the registries can be reached.",
  ),

  LOCK_FAILED: refuse(
    "Nothing fits what was asked for: no package of that name, no version in that range, or no set of packages that agree with one another.",
    "Look at the name and the range as they were asked for; npm view <name> versions shows what there is.",
  ),

  HANDOFF_UNSEALED: refuse(
    "What was verified could not be bound to what the installer would read: something changed in between, or can't be sealed.",
    "Run the command again; if it happens again, find out what else writes into the project.",
  ),
  HANDOFF_FAILED: refuse(
    "The installer could not be started, or ended before it had done its work.",
    "Read the installer's own message above.",
  ),
  TREE_MISMATCH: tamper(
    "What the installer left on disk is not what was verified. No script of it was run.",
    "Find out what wrote the named files while npm ran; then install again with secure-install ci.",
  ),
  TREE_SYMLINK: refuse(
    "node_modules, the lockfile or the trust store is a symbolic link: an installer would write, and empty, what lies behind it.",
    "Put a real folder or file in its place.",
  ),
  SCRIPT_BLOCKED: advice(
    "note",
    "The package asks to run code when it is installed. It was not run.",
    'If the package does not work without it, read the script, and allow it under "scripts" in trust.json.',
  ),
  SCRIPT_FAILED: refuse("An allowed install script ended with an error.", "Read the script's own message above."),

  INSTALLED_MODIFIED: tamper(
    "A file of an installed package is not what was verified.",
    "Install again with secure-install ci.",
  ),
  INSTALLED_MISSING: refuse("A file of an installed package is gone.", "Install again with secure-install ci."),
  INSTALLED_EXTRA: refuse(
    "A file lies in an installed package that was not in its archive.",
    "Install again with secure-install ci.",
  ),
  MODULE_UNVERIFIED: tamper(
    "A program asked for a module that was not verified.",
    "Install again with secure-install ci.",
  ),

  ENVIRONMENT_UNSAFE: config(
    "A setting would weaken TLS or run code before anything has been verified, or names what can't be read.",
    "Remove the setting at the place that is named.",
  ),
  ENVIRONMENT_UNUSABLE: config(
    "The system refused what is needed: a file or folder that can't be read or written, no room, too many open files.",
    "See that the place that is named can be used, and that there is room; then run the same command again.",
  ),
  INSTALLER_ABSENT: config(
    "No installer was found outside the project.",
    "Install npm, and see that its folder is in PATH.",
  ),
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof CATALOGUE;

/** Exit statuses, clear of the installers' 1 and 2. */
export const EXIT: Readonly<Record<CodeKind, number>> = {
  refuse: 65,
  undecided: 75,
  config: 78,
  usage: 64,
  bug: 70,
  advice: 0,
};

/** Whether `text` is a code of the catalogue. */
export function isCode(text: string): text is Code {
  return Object.hasOwn(CATALOGUE, text);
}
