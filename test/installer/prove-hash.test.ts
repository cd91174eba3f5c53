import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { HashQueue } from "../../src/installer/prove-hash.js";

const BATCH = 200;

function held() {
  const waiting: (() => void)[] = [];
  const hash = async (paths: readonly string[]): Promise<string[]> => {
    await new Promise<void>((go) => waiting.push(go));
    return paths.map(() => "digest");
  };
  return { waiting, hash };
}

function fill(queue: HashQueue<number>, batches: number): void {
  for (let at = 0; at < batches * BATCH; at += 1) queue.add(`/${at}`, at);
}

describe("hashing of a tree", () => {
  it("keeps whoever reads the disk waiting while too much of it lies in memory", async () => {
    const { waiting, hash } = held();
    const queue = new HashQueue<number>(hash, async () => true);
    fill(queue, 4);
    await queue.room();
    fill(queue, 8);
    let isFree = false;
    const room = queue.room().then(() => {
      isFree = true;
    });
    await turn();
    assert.equal(isFree, false);
    for (const go of waiting) go();
    await room;
    assert.equal(await queue.finish(), 12 * BATCH);
  });

  it("counts no file for which no digest came", async () => {
    const queue = new HashQueue<number>(
      async () => ["digest"],
      async (_, sha256) => sha256 !== null,
    );
    fill(queue, 1);
    assert.equal(await queue.finish(), 1);
  });

  it("throws what hashing threw, once all else has ended", async () => {
    let begun = 0;
    const queue = new HashQueue<number>(
      async (paths) => {
        begun += 1;
        if (begun === 1) throw new Error("the disk is broken");
        return paths.map(() => "digest");
      },
      async () => true,
    );
    fill(queue, 12);
    await queue.room();
    await assert.rejects(queue.finish(), /the disk is broken/);
  });
});
