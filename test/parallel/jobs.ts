/** The worker module of pool.test.ts. */
import { resourceLimits } from "node:worker_threads";
import { serveJobs } from "../../src/parallel/serve.js";

serveJobs({
  double: (input: number) => input * 2,
  later: async (input: string) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return input;
  },
  fail: () => {
    throw Object.assign(new TypeError("no good"), { code: "ENOGOOD" });
  },
  odd: () => {
    throw "text";
  },
  unclonable: () => () => 1,
  crash: () => {
    setImmediate(() => {
      throw new Error("crashed");
    });
    return new Promise(() => {});
  },
  leave: () => process.exit(3),
  surroundings: () => ({ variables: { ...process.env }, flags: process.execArgv, arguments: process.argv.slice(2) }),
  limits: () => ({ ...resourceLimits }),
  never: () => new Promise(() => setInterval(() => {}, 1000)),
});
