/** How freely memory is taken, by what a run has before it. */
import { setFlagsFromString } from "node:v8";

/** From here on what is held by itself is a good part of the memory that the process takes. */
const MANY = 5000;

/**
 * To be called before `artifacts` many are judged. By itself V8 lets its heap grow to nearly three times what is held
 * before it collects; with many, to a fifth more. There the cost in time is less than runs differ; with few it would be
 * a tenth to a fifth. The setting is read at each collection, and holds until the process ends.
 */
export function beThrifty(artifacts: number): void {
  if (artifacts > MANY) setFlagsFromString("--heap-growing-percent=20");
}
