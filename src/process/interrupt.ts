/** The signals by which this process is asked to end. */
import type { Interrupt } from "../model/world.js";

/**
 * On Windows node makes SIGINT of Ctrl-C, SIGBREAK of Ctrl-Break, and SIGHUP of a closed console, which ends us soon
 * whatever we do. SIGQUIT (Ctrl-\\) is what people press where Ctrl-C seems to do nothing.
 */
const INTERRUPTS: readonly Interrupt[] = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  process.platform === "win32" ? "SIGBREAK" : "SIGQUIT",
];

/** Calls `listener` for each of them instead of ending; gives the function that stops listening. */
export function onInterrupt(listener: (signal: Interrupt) => void): () => void {
  for (const signal of INTERRUPTS) process.on(signal, listener);
  return () => {
    for (const signal of INTERRUPTS) process.removeListener(signal, listener);
  };
}
