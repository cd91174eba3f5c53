/** Hashing many files in batches, so that every core has work while folders are still being read. */

/** A batch is long enough to be worth a message to a thread, and short enough to be shared out evenly. */
const BATCH_FILES = 200;

type Hash = (paths: readonly string[]) => Promise<readonly (string | null)[]>;

/** Files go in one by one; each comes back with its digest to `judge`, which says whether it agreed. */
export class HashQueue<Item> {
  readonly #hash: Hash;
  readonly #judge: (item: Item, sha256: string | null) => Promise<boolean>;
  readonly #running: Promise<number>[] = [];
  #paths: string[] = [];
  #items: Item[] = [];

  constructor(hash: Hash, judge: (item: Item, sha256: string | null) => Promise<boolean>) {
    this.#hash = hash;
    this.#judge = judge;
  }

  add(path: string, item: Item): void {
    this.#paths.push(path);
    this.#items.push(item);
    if (this.#paths.length >= BATCH_FILES) this.#send();
  }

  /** Waits for all that went in, and counts those that agreed. Throws what hashing threw. */
  async finish(): Promise<number> {
    this.#send();
    const agreed = await Promise.all(this.#running);
    return agreed.reduce((sum, one) => sum + one, 0);
  }

  #send(): void {
    const paths = this.#paths;
    const items = this.#items;
    this.#paths = [];
    this.#items = [];
    if (paths.length === 0) return;
    const running = this.#batch(paths, items);
    // It is awaited in the end; until then a failure must not count as unhandled.
    running.catch(() => {});
    this.#running.push(running);
  }

  async #batch(paths: readonly string[], items: readonly Item[]): Promise<number> {
    const digests = await this.#hash(paths);
    let agreed = 0;
    for (const [index, item] of items.entries()) {
      // A file is agreed upon only by a digest of its own: an answer that is too short agrees with nothing.
      if (await this.#judge(item, digests[index] ?? null)) agreed++;
    }
    return agreed;
  }
}
