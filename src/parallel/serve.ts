/** The worker's side of the pool. */
import { parentPort } from "node:worker_threads";
import { type Answer, type Request, tellError } from "./message.js";

/** Jobs by name. Input and result must be what a structured clone can carry; a Buffer arrives as a Uint8Array. */
export type Handlers = Readonly<Record<string, (input: never) => unknown>>;

/**
 * Answers the pool's requests with these handlers, for as long as the pool asks. To be called once, by the module
 * that is given to `workerPool` as its entry. What a handler throws rejects that job only.
 */
export function serveJobs(handlers: Handlers): void {
  const port = parentPort;
  if (port === null) throw new Error("serveJobs was called outside a worker thread");
  port.on("message", async ({ id, job, input }: Request) => {
    const send = (answer: Answer): void => port.postMessage(answer);
    try {
      const handler = Object.hasOwn(handlers, job) ? handlers[job] : undefined;
      if (handler === undefined) throw new Error(`no job is called ${job}`);
      send({ id, ok: true, result: await handler(input as never) });
    } catch (error) {
      // Also where the result can't be cloned.
      send({ id, ok: false, error: tellError(error) });
    }
  });
}
