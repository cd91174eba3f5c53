/** One line of progress on a terminal; nothing at all elsewhere. */
import type { Terminal } from "../model/world.js";
import type { Progress } from "../pipeline/river.js";

const REDRAW_MS = 100;

/** A display that repaints one line on stderr, and takes it away at the end. */
export function progressDisplay(terminal: Terminal, silent: boolean): Progress {
  if (silent || !terminal.isTTY) return { stage: () => {}, step: () => {}, clear: () => {} };
  let stage = "";
  let total = 0;
  let done = 0;
  let bytes = 0;
  let drawn = 0;
  const clear = (): void => terminal.err("\r\u001b[K");
  const draw = (): void => {
    if (performance.now() - drawn < REDRAW_MS) return;
    drawn = performance.now();
    const fetched = bytes === 0 ? "" : ` · ${(bytes / 1e6).toFixed(1)} MB fetched`;
    const line = `${stage} ${done}/${total}${fetched}`;
    terminal.err(`\r\u001b[K${line.slice(0, Math.max(20, terminal.columns - 1))}`);
  };
  return {
    stage: (name, count) => {
      [stage, total, done] = [name, count, 0];
      draw();
    },
    step: (received) => {
      bytes += received;
      if (received === 0) done += 1;
      draw();
    },
    clear,
  };
}
