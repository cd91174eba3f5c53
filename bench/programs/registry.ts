/** The registry in a process of its own, so that its work is not counted as a client's. Argument: the catalogue. */
import { readFileSync } from "node:fs";
import { serve } from "../../registry-fixtures/server.js";
import type { Entry } from "../catalogue.js";
import { BenchRegistry } from "../registry.js";

const [, , file = ""] = process.argv;
const registry = new BenchRegistry(JSON.parse(readFileSync(file, "utf8")) as Entry[]);
const served = await serve(registry);
process.on("disconnect", () => void served.close());
process.send?.({ url: served.url, caFile: served.caFile, key: registry.key });
