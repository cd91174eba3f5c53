/** Changes of "sigstore": who certifies builds, of whom, and what an attestation must have to count. */
import type { SigstoreInstance } from "../model/build.js";
import type { TrustStore } from "../model/policy.js";
import type { Selector } from "../model/selector.js";
import { PUBLIC_SIGSTORE } from "./builtin.js";
import { type Change, other, stronger, weaker } from "./change.js";
import { containsNames } from "./containment.js";
import { instanceRow, placeOf, tellInstance, unusedRoots } from "./sigstore-remarks.js";
import { readTrustedRoot } from "./sigstore-root.js";
import { rootChanges } from "./sigstore-root-changes.js";

/** Instances are matched by their names. The public one's root is signed by itself, and told with the files in roots/. */
export function sigstoreChanges(before: TrustStore, after: TrustStore): readonly Change[] {
  const idle = unusedRoots(before);
  const gone = before.sigstore.filter(({ id }) => !after.sigstore.some((one) => one.id === id));
  return [
    ...after.sigstore.flatMap((instance) => {
      const old = before.sigstore.find(({ id }) => id === instance.id);
      return old === undefined ? [added(instance)] : compared(old, instance);
    }),
    ...gone.map(({ id }) =>
      stronger(placeOf(id), `The instance ${id} of Sigstore is gone: what it certified counts no more.`),
    ),
    ...unusedRoots(after)
      .filter((name) => !idle.includes(name) || before.files.get(name) !== after.files.get(name))
      .map((name) => other(name, "A trusted root that no instance names; by itself it is trusted for nothing.")),
  ];
}

function added(instance: SigstoreInstance): Change {
  const [id, ...words] = instanceRow(tellInstance(instance));
  return weaker(placeOf(instance.id), `The instance ${id} of Sigstore is new: ${words.join("; ")}.`);
}

function compared(old: SigstoreInstance, now: SigstoreInstance): readonly Change[] {
  const place = placeOf(now.id);
  const [more, fewer] = [without(now.issuers, old.issuers), without(old.issuers, now.issuers)];
  const [wider, narrower] = [beyond(now.select, old.select), beyond(old.select, now.select)];
  return [
    ...more.map((issuer) => weaker(place, `Builds of ${issuer} may count by ${now.id}.`)),
    ...fewer.map((issuer) => stronger(place, `Builds of ${issuer} no longer count by ${now.id}.`)),
    ...wider.map((text) => weaker(place, `${now.id} may speak for ${text}.`)),
    ...narrower.map((text) => stronger(place, `${now.id} may no longer speak for all of ${text}.`)),
    ...threshold(place, [old.logEntries, now.logEntries], "log entries"),
    ...threshold(place, [old.scts, now.scts], "logs of certificates"),
    ...(now.id === PUBLIC_SIGSTORE.id ? [] : rootChanges(place, entriesOf(old), entriesOf(now))),
  ];
}

/** Selectors of `select` that name more than `known` does; null names everything. */
function beyond(select: SigstoreInstance["select"], known: SigstoreInstance["select"]): readonly string[] {
  if (known === null) return [];
  if (select === null) return ["all packages"];
  const isKnown = (selector: Selector): boolean => known.some((one) => containsNames(one, selector));
  return select.filter((selector) => !isKnown(selector)).map(({ text }) => text);
}

function threshold(place: string, [old, now]: readonly [number, number], what: string): readonly Change[] {
  if (old === now) return [];
  const tell = now < old ? weaker : stronger;
  return [tell(place, `An attestation needs ${now} ${what}, and needed ${old}.`)];
}

function entriesOf({ id, root }: SigstoreInstance): ReturnType<typeof readTrustedRoot> {
  return root === null ? [] : readTrustedRoot(root, placeOf(id));
}

function without(items: readonly string[], taken: readonly string[]): readonly string[] {
  return items.filter((item) => !taken.includes(item));
}
