/** The entries of a lockfile by where they lie. */
import type { Artifact } from "../model/artifact.js";

/** Answers by binary search over the sorted locations, so that no question costs more than what it finds. */
export class Places {
  readonly #sorted: readonly Artifact[];
  readonly #byLocation: ReadonlyMap<string, Artifact>;

  constructor(artifacts: readonly Artifact[]) {
    this.#sorted = [...artifacts].sort((a, b) => (a.location < b.location ? -1 : a.location > b.location ? 1 : 0));
    this.#byLocation = new Map(artifacts.map((artifact) => [artifact.location, artifact]));
  }

  at(location: string): Artifact | undefined {
    return this.#byLocation.get(location);
  }

  /** Whether a package around the place is said to bring a shrinkwrap of its own. */
  isInShrinkwrap(location: string): boolean {
    for (
      let end = location.lastIndexOf("/node_modules/");
      end > 0;
      end = location.lastIndexOf("/node_modules/", end - 1)
    ) {
      if (this.at(location.slice(0, end))?.npm?.hasShrinkwrap === true) return true;
    }
    return false;
  }

  /** Everything that lies inside the place, at any depth. */
  *below(location: string): Generator<Artifact> {
    const prefix = `${location}/`;
    for (let index = this.#firstFrom(prefix); index < this.#sorted.length; index += 1) {
      const artifact = this.#sorted[index];
      if (artifact === undefined || !artifact.location.startsWith(prefix)) return;
      yield artifact;
    }
  }

  #firstFrom(prefix: string): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle]?.location ?? "") < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
