/** Trouble with the disk under the store, told as what it is: no bug of ours, and no fault of the network. */
import { StopError } from "../model/finding.js";

/** What the operating system calls its errors; node's own begin with ERR_. */
const SYSTEM = /^(?:E[A-Z0-9]+|UNKNOWN)$/;

/** Whether an error is the operating system's word on a file or folder. */
export function isDiskTrouble(error: unknown): error is Error {
  return error instanceof Error && "code" in error && typeof error.code === "string" && SYSTEM.test(error.code);
}

/** Waits for work on `place`; where the disk refuses it, throws StopError ENVIRONMENT_UNUSABLE that names the place. */
export async function onDisk<Result>(place: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
    throw new StopError("ENVIRONMENT_UNUSABLE", `the store can't use ${place}: ${error.message}`, {
      at: place,
      help: "Look at what lies there and at the disk, and remove it or make room; the store is filled anew.",
    });
  }
}
