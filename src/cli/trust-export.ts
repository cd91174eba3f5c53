/** `secure-install trust export`: the pinned certificates as one armored keyring, for gpg and its like. */

import { StopError } from "../model/finding.js";
import { type Identity, type OwnerIdentity, pinnedFingerprints, type TrustStore } from "../model/policy.js";
import type { World } from "../model/world.js";
import { openTrust } from "../pipeline/trust.js";
import { forJson } from "../report/escape.js";
import { proposal } from "../trust/nearest.js";
import { armored, readEntry } from "../verify/openpgp-keyring.js";
import { absolute, type CommonFlags } from "./flags.js";
import { placeOf } from "./trust-writing.js";

export interface ExportFlags extends CommonFlags {
  readonly publisher?: string;
  readonly all?: boolean;
}

interface Owner {
  readonly identities: readonly (Identity | OwnerIdentity)[];
}

/** Writes the keyring to stdout, or to --output. Throws StopError USAGE where there is nothing to write. */
export async function trustExport(world: World, flags: ExportFlags): Promise<number> {
  const { environment, terminal, files } = world;
  const place = placeOf(world, flags);
  const store = await openTrust(world, place, world.clock.now());
  const fingerprints = chosen(store, flags);
  if (fingerprints.length === 0) throw new StopError("USAGE", "there is no certificate to export");
  const keyring = armored(fingerprints.map((fingerprint) => packetsOf(store, fingerprint)));
  const output = absolute(environment, flags.output);
  if (output !== null) await files.write(output, keyring);
  if (flags.json === true) {
    const object = { fingerprints, output, keyring: output === null ? keyring : null };
    terminal.out(`${forJson({ format: 1, command: "trust export", ...object }, 2)}\n`);
  } else if (output === null) terminal.out(keyring);
  else terminal.out(`${fingerprints.length} ${fingerprints.length === 1 ? "certificate" : "certificates"} written.\n`);
  return 0;
}

/** Those of one publisher, all that lie in keys/, or those that belong to somebody. */
function chosen(store: TrustStore, { publisher: name, all = false }: ExportFlags): readonly string[] {
  if (name !== undefined && all) throw new StopError("USAGE", "--publisher and --all can't both be given");
  if (all) return [...store.certificates.keys()].sort();
  const one = store.publishers.find((publisher) => publisher.name === name);
  if (name !== undefined && one === undefined) {
    throw new StopError(
      "USAGE",
      `there is no publisher "${name}".${proposal(
        name,
        store.publishers.map((each) => each.name),
      )}`,
    );
  }
  const owners: readonly Owner[] =
    one !== undefined ? [one] : [...store.publishers, ...(store.owners === null ? [] : [store.owners])];
  return [...pinnedFingerprints(owners)].sort();
}

function packetsOf({ certificates }: TrustStore, fingerprint: string): Uint8Array {
  const read = readEntry(certificates.get(fingerprint) ?? new Uint8Array());
  if (read.ok) return read.value.packets;
  throw new StopError("TRUST_MALFORMED", `keys/${fingerprint}.asc: ${read.why}`, { at: `keys/${fingerprint}.asc` });
}
