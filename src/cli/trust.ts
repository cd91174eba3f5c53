/** `secure-install trust check|list|show`: the read side of the trust store. */

import { StopError } from "../model/finding.js";
import { isNpmName } from "../model/names.js";
import type { TrustStore } from "../model/policy.js";
import type { World } from "../model/world.js";
import { openTrust } from "../pipeline/trust.js";
import { forJson, forTerminal } from "../report/escape.js";
import type { CertificateState, CertificateStates } from "../trust/certificate-remarks.js";
import { listLines, listTrust } from "../trust/list.js";
import { showLines, showPackage } from "../trust/show.js";
import { summarize, summaryLines } from "../trust/summary.js";
import type { CommonFlags } from "./flags.js";
import { placeOf } from "./trust-writing.js";

/** Of one argument only: it is handed to map. */
const printable = (text: string): string => forTerminal(text);

export interface ShowFlags extends CommonFlags {
  /** Whether what was observed is held against other releases and packages. */
  readonly corroborate?: boolean;
}

export type TrustCommand = "check" | "list" | "show";

/** Prints one view of the trust store by which this folder is judged. Throws StopError TRUST_MALFORMED and its like. */
export async function trust(
  world: World,
  command: TrustCommand,
  about: string | null,
  flags: ShowFlags,
): Promise<number> {
  const { clock, terminal } = world;
  const now = clock.now();
  const place = placeOf(world, flags);
  const store = await openTrust(world, place, now);
  const { object, lines } = await view(store, command, about, now, flags);
  if (flags.json === true) terminal.out(`${forJson({ format: 1, command: `trust ${command}`, ...object }, 2)}\n`);
  else terminal.out(`${lines.join("\n")}\n`);
  return 0;
}

async function view(
  store: TrustStore,
  command: TrustCommand,
  about: string | null,
  now: number,
  { corroborate = false }: ShowFlags,
) {
  if (command === "list") {
    const list = listTrust(store, now);
    return { object: list, lines: listLines(list, printable) };
  }
  if (command === "check") {
    const summary = summarize(store, now, await certificatesOf(store));
    return { object: summary, lines: summaryLines(summary, printable) };
  }
  const shown = showPackage(store, packageNamed(about ?? ""), now, corroborate);
  return { object: shown, lines: showLines(shown, printable) };
}

/** What is read of each certificate, as far as it can be read. */
async function certificatesOf(store: TrustStore): Promise<CertificateStates> {
  const { readCertificate } = await import("../verify/openpgp-certificate.js");
  const states = new Map<string, CertificateState>();
  for (const [fingerprint, bytes] of store.certificates) {
    const read = await readCertificate(bytes);
    if (read.ok) states.set(fingerprint, read);
  }
  return states;
}

/** `lodash`, `lodash@4.17.21`, `npm:@acme/lib`, `pypi:requests`. */
function packageNamed(text: string) {
  const [, said, rest = ""] = /^(?:(npm|pypi):)?(.*)$/s.exec(text) ?? [];
  const ecosystem = said === "pypi" ? ("pypi" as const) : ("npm" as const);
  const at = rest.indexOf("@", 1);
  const name = at < 0 ? rest : rest.slice(0, at);
  const version = at < 0 ? null : rest.slice(at + 1);
  const isName = ecosystem === "npm" ? isNpmName(name) : /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name);
  if (!isName || version === "") throw new StopError("USAGE", `"${text}" is not a package's name`);
  return { ecosystem, name, version };
}
