import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { gate, mapConcurrent } from "../../src/pipeline/concurrent.js";

/** Work that takes some turns of the loop, and counts how much of it is under way. */
function counted() {
  const state = { inside: 0, most: 0, begun: 0 };
  const work = async (turns: number): Promise<number> => {
    state.begun += 1;
    state.inside += 1;
    state.most = Math.max(state.most, state.inside);
    for (let left = turns; left > 0; left--) await turn();
    state.inside -= 1;
    return turns;
  };
  return { state, work };
}

test("results stand in the order of the items, whatever ends first; never more at once than asked for", async () => {
  const { state, work } = counted();
  const turns = [5, 1, 4, 0, 3, 2, 0, 1];
  assert.deepEqual(await mapConcurrent(turns, 3, work), turns);
  assert.equal(state.most, 3);
});

test("nothing to do, and more lanes than items", async () => {
  assert.deepEqual(await mapConcurrent([], 8, async () => 1), []);
  assert.deepEqual(await mapConcurrent([1], 8, async (item, at) => [item, at]), [[1, 0]]);
});

test("the first error ends it: what has not begun never begins", async () => {
  const { state, work } = counted();
  const failing = mapConcurrent([1, 1, 1, 1, 1, 1, 1, 1], 2, async (turns, at) => {
    if (at === 1) throw new Error("no");
    return work(turns);
  });
  await assert.rejects(failing, /no/);
  for (let left = 10; left > 0; left--) await turn();
  assert.ok(state.begun < 7);
});

test("a gate lets so many in at once, and the next one in also after an error", async () => {
  const { state, work } = counted();
  const enter = gate(2);
  const settled = await Promise.allSettled(
    [3, 2, 1, 0, 2].map((turns, at) =>
      enter(async () => {
        await work(turns);
        if (at % 2 === 0) throw new Error("no");
      }),
    ),
  );
  assert.equal(state.most, 2);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["rejected", "fulfilled", "rejected", "fulfilled", "rejected"],
  );
});
