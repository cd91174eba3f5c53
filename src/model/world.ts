/**
 * The outside world, as the rest of the program sees it. Built once in `cli/world.ts`; each capability is
 * implemented in one room only: `files/` (node:fs), `fetch/` (undici), `process/` (node:child_process),
 * `gateway/` (node:http), `parallel/` (node:worker_threads).
 */

export type EntryType = "file" | "directory" | "link" | "other";

export interface FileStatus {
  readonly type: EntryType;
  readonly size: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly mtimeMs: number;
}

/** Writes one new file; nothing appears under its final name before `commit`. */
export interface FileWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** Renames to `target` (whose folder is made if needed) with these permission bits. Not flushed to the disk. */
  commit(target: string, mode: number): Promise<void>;
  /** Closes and removes what was written. Safe to call at any time, also after commit. */
  abandon(): Promise<void>;
}

/** Paths are absolute. A missing thing is null where the result allows it; other trouble is thrown as it comes. */
export interface Files {
  /** Status without following links, or null if there is nothing. */
  status(path: string): Promise<FileStatus | null>;
  /** The whole file, or null if there is none. Throws RangeError if it holds more than `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Buffer | null>;
  /** The file in pieces. Throws if it is missing. */
  stream(path: string): AsyncIterable<Uint8Array>;
  /** Names and types in a folder, sorted by name; null if it is missing. */
  list(path: string): Promise<readonly { readonly name: string; readonly type: EntryType }[] | null>;
  readLink(path: string): Promise<string>;
  /** The path with every link resolved, or null if it leads nowhere. */
  realPath(path: string): Promise<string | null>;
  /** Makes a folder and those above it. */
  makeDirectory(path: string, mode: number): Promise<void>;
  /** A new folder that only its owner can enter (0700), under the system's temporary folder or under `parent`. */
  makeTemporary(prefix: string, parent?: string): Promise<string>;
  /** Replaces or makes a file at once: written beside it, flushed, renamed. */
  write(path: string, bytes: Uint8Array | string, mode?: number): Promise<void>;
  /** Begins a new file in `directory` under a name nobody else uses: for what is matched again whenever it is read. */
  create(directory: string): Promise<FileWriter>;
  /** Hard link, or a copy where links can't be made. */
  link(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a whole folder; nothing happens if it is missing. Links are removed, never followed. */
  remove(path: string): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
  /** Sets the time of a file's last change (milliseconds since the epoch). Throws if it is missing. */
  setTime(path: string, atMs: number): Promise<void>;
}

export interface Clock {
  /** Milliseconds since the epoch. Read once per run, and passed down as `now`. */
  now(): number;
  /** Milliseconds from an arbitrary start, for durations. */
  elapsed(): number;
}

export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** "glibc", "musl", or null where the question makes no sense. */
  readonly libc: string | null;
  readonly homeDirectory: string;
  readonly workingDirectory: string;
  /** Absolute path of this node. */
  readonly node: string;
  readonly cores: number;
}

export interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly color: boolean;
  out(text: string): void;
  /** Everything that is not the result: progress, notes, errors. */
  err(text: string): void;
}

/** What runs, where, and with nothing of the surroundings but this. */
export interface Command {
  /** Absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly seal: "digest-locked" | "verified-files" | "lock-only";
}

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it printed, when it was asked to be kept; at most as much as was asked for. */
  readonly output: string;
}

/** What a person, a closing terminal, or a service manager sends to have a program end. */
export type Interrupt = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGBREAK";

export interface Processes {
  /**
   * Runs a command to its end. `inherit` gives it our terminal (or, with `stdout: "stderr"`, our stderr for its
   * stdout); `keep` collects up to that many bytes of both streams, or with `binary` of stdout alone, as a text of one
   * character (U+0000 to U+00FF) for each byte; `input` is what it reads from stdin. Our own signals are passed on.
   */
  run(
    command: Command,
    how: {
      readonly output:
        | "inherit"
        | "stderr"
        | { readonly keep: number; readonly binary?: boolean; readonly input?: Uint8Array };
      readonly timeoutMs?: number;
    },
  ): Promise<Ended>;
  /** The first executable of that name in PATH that lies, by real path, outside `project`; null if there is none. */
  find(name: string, outside: string): Promise<string | null>;
  /**
   * Calls `listener` for each interrupt that this process gets; until the function that is given back is called, none
   * of them ends it.
   */
  onInterrupt(listener: (signal: Interrupt) => void): () => void;
  /** This process, by the name of its machine and its number. */
  readonly self: { readonly host: string; readonly pid: number };
  /** Whether a process of that number is running on this machine. */
  isRunning(pid: number): boolean;
}

/** Runs named jobs on worker threads. */
export interface Workers {
  run<Result>(job: string, input: unknown): Promise<Result>;
  close(): Promise<void>;
}

export interface World {
  readonly files: Files;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly terminal: Terminal;
  readonly processes: Processes;
  readonly workers: Workers;
}
