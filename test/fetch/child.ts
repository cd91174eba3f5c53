/**
 * A process of its own, for tests that set its environment or kill it:
 * `get <url…>` prints what comes of asking; `receive <store> [bytes]` takes bytes into a store, says
 * `ready` when all are on their way in, and waits for a line on stdin before the last of them.
 */
import { once } from "node:events";
import { createClient } from "../../src/fetch/client.js";
import { openQuarantine } from "../../src/fetch/quarantine.js";
import { diskFiles } from "../../src/files/disk.js";

const [, , what, ...rest] = process.argv;

if (what === "get") {
  const client = createClient({
    extraCa: [],
    proxy: { https: null, noProxy: [] },
    connections: 1,
    credentials: [],
    offline: false,
    userAgent: "secure-install-tests",
    clock: { now: () => Date.now(), elapsed: () => performance.now() },
    sleep: async () => {},
  });
  const results = await Promise.all(rest.map((url) => client.get(url, { maxBytes: 1000, redirects: [] })));
  process.stdout.write(
    JSON.stringify(results.map((result) => (result.ok ? `${result.value.status}` : `${result.code} ${result.says}`))),
  );
  await client.close();
}

if (what === "receive") {
  const [store = "", bytes = "0"] = rest;
  const quarantine = await openQuarantine(diskFiles(), store, process.platform);
  const chunks = async function* () {
    yield Buffer.alloc(Number(bytes), 7);
    process.stdout.write("ready\n");
    await once(process.stdin, "data");
    yield Buffer.from("end");
  };
  const received = await quarantine.receive(chunks(), { maxBytes: 10_000_000 });
  process.stdout.write(JSON.stringify(received));
  process.stdin.destroy();
}
