/** Hashing many files in batches, so that every core has work while folders are still being read. */

/** A batch is long enough to be worth a message to a thread, and short enough to be shared out evenly. */
const BATCH_FILES = 200;
/** Batches that wait or are at work. What is read of the disk beyond them would only lie in memory. */
const BATCHES_AT_ONCE = 8;

type Hash = (paths: readonly string[]) => Promise<readonly (string | null)[]>;

/** Files go in one by one; each comes back with its digest to `judge`, which says whether it agreed. */
export class HashQueue<Item> {
  readonly #hash: Hash;
  readonly #judge: (item: Item, sha256: string | null) => Promise<boolean>;
  readonly #running = new Set<Promise<void>>();
  #agreed = 0;
  #failed: { readonly error: unknown } | null = null;
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

  /** Waits until few enough batches are under way. To be called before more is read of the disk. */
  async room(): Promise<void> {
    while (this.#running.size > BATCHES_AT_ONCE) await Promise.race(this.#running);
  }

  /** Waits for all that went in, and counts those that agreed. Throws what hashing threw. */
  async finish(): Promise<number> {
    this.#send();
    await Promise.all(this.#running);
    if (this.#failed !== null) throw this.#failed.error;
    return this.#agreed;
  }

  #send(): void {
    const paths = this.#paths;
    const items = this.#items;
    this.#paths = [];
    this.#items = [];
    if (paths.length === 0) return;
    const running = this.#batch(paths, items)
      // It is thrown in the end; until then a failure must not count as unhandled.
      .catch((error: unknown) => {
        this.#failed ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #batch(paths: readonly string[], items: readonly Item[]): Promise<void> {
    const digests = await this.#hash(paths);
    for (const [index, item] of items.entries()) {
      // A file is agreed upon only by a digest of its own: an answer that is too short agrees with nothing.
      if (await this.#judge(item, digests[index] ?? null)) this.#agreed++;
    }
  }
}
