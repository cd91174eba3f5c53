/** Worker threads behind the `Workers` interface. This folder is the only importer of node:worker_threads. */
import { Worker } from "node:worker_threads";
import type { Workers } from "../model/world.js";
import { type Answer, type Request, toldError } from "./message.js";

interface Job {
  readonly request: Request;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * What a thread reads, it hands on or forgets at once: room for what is new, in megabytes. By itself node would give
 * each thread 48.
 */
const YOUNG_MB = 6;

/** A thread, and the one job that it is at. */
interface Seat {
  readonly worker: Worker;
  job: Job | null;
}

/**
 * At most `size` threads that run `entry`, a module which calls `serveJobs`. Threads start with the first jobs that
 * need them; each has one job at a time, the others wait in order. A job's error rejects that job. A thread that
 * crashes rejects the job it was at, and the next job gets a new thread. Idle threads don't keep the process alive.
 *
 * Threads see nothing of our environment variables and flags: no loader is asked for, no compile cache read.
 */
export function workerPool(entry: URL, size: number): Workers {
  const seats = new Set<Seat>();
  const waiting: Job[] = [];
  let lastId = 0;
  let closed = false;

  function start(): Seat {
    const worker = new Worker(entry, {
      env: { NODE_DISABLE_COMPILE_CACHE: "1" },
      execArgv: [],
      argv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const seat: Seat = { worker, job: null };
    seats.add(seat);
    worker.on("message", (answer: Answer) => {
      const job = seat.job;
      if (job === null || job.request.id !== answer.id) return;
      seat.job = null;
      if (answer.ok) job.resolve(answer.result);
      else job.reject(toldError(answer.error));
      next(seat);
    });
    worker.on("error", (error: Error) => lose(seat, error));
    worker.on("messageerror", (error) => lose(seat, error));
    worker.on("exit", (status) => lose(seat, new Error(`a worker thread ended with status ${status}`)));
    return seat;
  }

  function lose(seat: Seat, error: Error): void {
    if (!seats.delete(seat)) return;
    void seat.worker.terminate();
    seat.job?.reject(error);
    seat.job = null;
    if (waiting.length > 0) next(start());
  }

  function next(seat: Seat): void {
    const job = waiting.shift();
    if (job === undefined) {
      seat.worker.unref();
      return;
    }
    seat.job = job;
    seat.worker.ref();
    try {
      seat.worker.postMessage(job.request);
    } catch (error) {
      // The input can't be cloned. The thread has seen nothing of it.
      seat.job = null;
      job.reject(error instanceof Error ? error : new Error(String(error)));
      next(seat);
    }
  }

  function run<Result>(name: string, input: unknown): Promise<Result> {
    if (closed) return Promise.reject(new Error(`the worker threads were closed before ${name}`));
    return new Promise<Result>((resolve, reject) => {
      const request: Request = { id: ++lastId, job: name, input };
      waiting.push({ request, resolve: resolve as Job["resolve"], reject });
      const idle = [...seats].find((seat) => seat.job === null);
      if (idle !== undefined) next(idle);
      else if (seats.size < Math.max(1, size)) next(start());
    });
  }

  async function close(): Promise<void> {
    closed = true;
    const dropped = [...waiting.splice(0), ...[...seats].flatMap((seat) => seat.job ?? [])];
    const ending = [...seats].map((seat) => seat.worker.terminate());
    seats.clear();
    for (const job of dropped) job.reject(new Error(`the worker threads were closed during ${job.request.job}`));
    await Promise.all(ending);
  }

  return { run, close };
}
