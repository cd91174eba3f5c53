/** Fetches addresses and throws the bodies away. Input: a JSON file with `urls`, `caFile`, `connections`. */
import { readFileSync } from "node:fs";
import { Pool } from "undici";

const [, , input = ""] = process.argv;
const { urls, caFile, connections } = JSON.parse(readFileSync(input, "utf8")) as {
  readonly urls: readonly string[];
  readonly caFile: string;
  readonly connections: number;
};
const began = performance.now();
const pool = new Pool(new URL(urls[0] ?? "").origin, { connections, connect: { ca: readFileSync(caFile) } });
const waiting = [...urls];
let bytes = 0;
await Promise.all(
  Array.from({ length: connections }, async () => {
    for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
      const { statusCode, body } = await pool.request({ path: new URL(url).pathname, method: "GET" });
      if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
      for await (const piece of body) bytes += (piece as Buffer).length;
    }
  }),
);
await pool.close();
process.stdout.write(JSON.stringify({ ms: performance.now() - began, bytes }));
