/** One line of progress on a terminal; nothing at all elsewhere. */
import type { Terminal } from "../model/world.js";
import type { Progress } from "../pipeline/river.js";
import { showCount, showSize } from "../report/size.js";

/** Ten times a second is as much as anybody sees. */
const REDRAW_MS = 100;
const ERASE = "\r\u001b[K";
/** What a terminal that does not know its width most likely has. */
const COLUMNS = 80;

/** What is under way. */
interface State {
  readonly stage: string;
  /** 0 where nobody knows. */
  readonly total: number;
  readonly done: number;
  /** Bytes that came over the network. */
  readonly bytes: number;
}

/**
 * A display that repaints one line on stderr. After `clear` it is silent until the next stage begins: work that was
 * given up may go on for a while, and must not write into what is said after it.
 */
export function progressDisplay(terminal: Terminal, silent: boolean): Progress {
  if (silent || !terminal.isTTY) return { stage: () => {}, step: () => {}, clear: () => {} };
  let state: State | null = null;
  let bytes = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  let timer: NodeJS.Timeout | null = null;
  const draw = (): void => {
    timer = null;
    if (state === null) return;
    drawnAt = performance.now();
    drawn = true;
    terminal.err(`${ERASE}${progressLine({ ...state, bytes }, terminal.columns)}`);
  };
  const drawSoon = (): void => {
    const wait = drawnAt + REDRAW_MS - performance.now();
    if (timer === null) timer = setTimeout(draw, Math.max(0, wait)).unref();
  };
  return {
    stage: (stage, total) => {
      state = { stage, total, done: 0, bytes };
      drawSoon();
    },
    step: (received) => {
      bytes += received;
      if (state === null) return;
      if (received === 0) state = { ...state, done: state.done + 1 };
      drawSoon();
    },
    clear: () => {
      if (timer !== null) clearTimeout(timer);
      [timer, state] = [null, null];
      if (drawn) terminal.err(ERASE);
      drawn = false;
    },
  };
}

/** The line for a terminal of that width: with as much as fits in one row, the last column left free. */
export function progressLine({ stage, total, done, bytes }: State, columns: number): string {
  const width = (columns > 0 ? columns : COLUMNS) - 1;
  const counted = total === 0 ? "" : `  ${showCount(done).padStart(showCount(total).length)}/${showCount(total)}`;
  const fetched = bytes === 0 ? "" : `  ${showSize(bytes)} fetched`;
  const forms = [`${stage}${counted}${fetched}`, `${stage}${counted}`, counted.trim(), stage];
  return forms.find((form) => form !== "" && form.length <= width) ?? stage.slice(0, width);
}
