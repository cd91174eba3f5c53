/** What somebody asks for, by kind. */

/** A map by names from outside: no prototype, so that no name is there before it is put in. */
export type TextMap = Readonly<Record<string, string>>;

export const NO_TEXTS: TextMap = Object.freeze(Object.create(null) as Record<string, string>);

/** How strongly one asks for another. A `peerOptional` is a peer that `peerDependenciesMeta` calls optional. */
export type NeedKind = "prod" | "dev" | "optional" | "peer" | "peerOptional";

export interface Need {
  readonly kind: NeedKind;
  readonly names: TextMap;
}

export interface Dependencies {
  readonly dependencies: TextMap;
  readonly devDependencies: TextMap;
  readonly optionalDependencies: TextMap;
  readonly peerDependencies: TextMap;
  readonly optionalPeers: readonly string[];
}

/** All of it, in the order in which npm lets one kind win over another (arborist's Node._loadDeps); no empty ones. */
export function needsOf(given: Dependencies): readonly Need[] {
  const all: readonly Need[] = [
    { kind: "dev", names: given.devDependencies },
    { kind: "optional", names: given.optionalDependencies },
    { kind: "prod", names: given.dependencies },
    ...peers(given.peerDependencies, new Set(given.optionalPeers)),
  ];
  return all.filter(({ names }) => Object.keys(names).length > 0);
}

function peers(all: TextMap, optional: ReadonlySet<string>): Need[] {
  if (optional.size === 0) return [{ kind: "peer", names: all }];
  const [must, may] = [Object.create(null) as Record<string, string>, Object.create(null) as Record<string, string>];
  for (const [name, text] of Object.entries(all)) (optional.has(name) ? may : must)[name] = text;
  return [
    { kind: "peer", names: must },
    { kind: "peerOptional", names: may },
  ];
}
