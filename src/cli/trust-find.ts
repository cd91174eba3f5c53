/** `secure-install trust find <package>`: proposes keys, and adds none. */
import { StopError } from "../model/finding.js";
import { isNpmName, isNpmVersion } from "../model/names.js";
import type { World } from "../model/world.js";
import { type FindRequest, type FoundKeys, findKeys, type Proposal } from "../pipeline/keys-find.js";
import type { SignedBy } from "../pipeline/keys-locked.js";
import { forJson, forTerminal } from "../report/escape.js";
import { block, certificateJson, certificateLines, grouped } from "./certificate-lines.js";
import type { CommonFlags } from "./flags.js";
import { withSession } from "./session.js";

export interface FindFlags extends CommonFlags {
  readonly keys?: string;
  readonly keyring?: string;
  readonly gpg?: boolean;
  readonly signatureUrl?: string;
}

const MOST_SOURCES = 5;
const NO_SERVERS =
  "Key servers are not asked: anyone may put a key there under any name, so what they give says nothing of its owner.";

/** Prints what was found, each key with the line that would pin it. Status 0 also where nothing was. */
export async function trustFind(world: World, text: string, flags: FindFlags): Promise<number> {
  const { environment, terminal } = world;
  const asked = { ...packageIn(text), ...wantedBy(flags) };
  const opening = { world, flags, project: environment.workingDirectory, thisPlatform: false, installs: false };
  return withSession(opening, async ({ river }) => {
    const found = await findKeys(river, asked);
    river.progress.clear();
    if (flags.json === true) {
      const proposals = found.proposals.map(({ facts, ...proposal }) => ({
        ...proposal,
        certificate: certificateJson(facts),
        add: proposal.objection === null ? addLine(asked, proposal.fingerprint) : null,
      }));
      terminal.out(`${forJson({ format: 1, command: "trust find", package: asked.name, ...found, proposals }, 2)}\n`);
    } else terminal.out(`${paragraphs(asked, found, river.now).join("\n\n")}\n`);
    return 0;
  });
}

/** `lodash`, `npm:@acme/lib`, `lodash@4.17.21`. */
function packageIn(text: string): Pick<FindRequest, "name" | "version"> {
  const rest = text.replace(/^npm:/, "");
  const at = rest.indexOf("@", 1);
  const name = at < 0 ? rest : rest.slice(0, at);
  const version = at < 0 ? null : rest.slice(at + 1);
  if (isNpmName(name) && (version === null || isNpmVersion(version))) return { name, version };
  throw new StopError("USAGE", `"${text}" is not the name of a package, or its version is not an exact one`);
}

function wantedBy(flags: FindFlags): Omit<FindRequest, "name" | "version"> {
  const { keys = null, keyring = null, gpg = false, signatureUrl: template = "{url}.asc" } = flags;
  return { keys, keyring, gpg, template };
}

function addLine({ name, template }: FindRequest, fingerprint: string): string {
  const url = template === "{url}.asc" ? "" : ` --signature-url '${template}'`;
  return `secure-install trust add npm:${name} --key ${fingerprint}${url}`;
}

function paragraphs(asked: FindRequest, found: FoundKeys, now: number): string[] {
  const { proposals, others, notes } = found;
  const count = `${proposals.length} ${proposals.length === 1 ? "key" : "keys"} found for ${asked.name}`;
  const more = others === 0 ? "" : ` ${others} others lay beside them, and are not shown.`;
  const closing = [
    "Nothing was added. A key is only as good as the way by which you know whose it is: hold the whole fingerprint against what its owner says elsewhere.",
    NO_SERVERS,
  ];
  return [
    `${proposals.length === 0 ? `No key was found for ${asked.name}` : count}; ${lockedWords(found)}.${more}`,
    ...proposals.map((proposal) => proposalBlock(asked, found, proposal, now)),
    ...(notes.length === 0 ? [] : [notes.map((note) => `  - ${forTerminal(note)}`).join("\n")]),
    closing.join("\n"),
  ];
}

function lockedWords({ locked, signature }: FoundKeys): string {
  if (locked === null) return "no version of it is locked here";
  if (signature === null) return `no signature of ${locked}, which is locked here, was found`;
  const by = signature.issuers.length === 0 ? "a key that it does not name" : signature.issuers.join(", ");
  return forTerminal(`the signature of ${locked} at ${signature.address} names ${by}`);
}

function proposalBlock(asked: FindRequest, { locked }: FoundKeys, proposal: Proposal, now: number): string {
  const { fingerprint, facts, from, signs, objection } = proposal;
  const sources = [...from.slice(0, MOST_SOURCES), ...(from.length > MOST_SOURCES ? ["and others"] : [])];
  return block(`  ${grouped(fingerprint)}`, [
    ...certificateLines(facts, now),
    ...sources.map((source): [string, string] => ["from", forTerminal(source)]),
    ...(signs === null ? [] : [["signature", forTerminal(signedWords(signs, locked ?? ""))] as const]),
    objection === null ? ["to pin it", addLine(asked, fingerprint)] : ["not to pin", forTerminal(objection)],
  ]);
}

function signedWords(signs: SignedBy, locked: string): string {
  if (signs.signs === "yes") return `verifies ${locked}`;
  return signs.signs === "no"
    ? `of ${locked} does NOT hold under it: ${signs.says} (${signs.code})`
    : `of ${locked} is not by it`;
}
