/** A store with things in it, as old as a test wants them. */
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, realpathSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { openQuarantine, type Quarantine } from "../../src/fetch/quarantine.js";
import { diskFiles } from "../../src/files/disk.js";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const NOW = Date.parse("2026-11-20T12:00:00Z");

export interface Stored {
  /** The store's folder. */
  readonly directory: string;
  /** A folder outside of it. */
  readonly outside: string;
  readonly quarantine: Quarantine;
  /** Puts a blob of so many bytes in, last used `age` milliseconds before NOW; gives its file. */
  blob(age: number, bytes?: number): Promise<string>;
  claim(age: number): Promise<void>;
}

/** An empty store of its own, gone after the test. */
export async function stored(t: TestContext): Promise<Stored> {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), "stored-")));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return storedIn(path.join(root, "store"), NOW);
}

/** The store in a folder; `now` is when things of no age were last used. */
export async function storedIn(directory: string, now: number): Promise<Stored> {
  const quarantine = await openQuarantine(diskFiles(), directory, process.platform);
  return {
    directory,
    outside: path.dirname(directory),
    quarantine,
    blob: async (age, bytes = 1000) => {
      const content = Buffer.alloc(bytes, randomUUID());
      const chunks = (async function* () {
        yield content;
      })();
      const { digests } = await quarantine.receive(chunks, { maxBytes: bytes });
      const file = quarantine.path(digests.sha512);
      setAge(file, age, now);
      return file;
    },
    claim: async (age) => {
      const key = `https://registry.example/${randomUUID()}`;
      await quarantine.keep(key, "claims", Buffer.from("{}"));
      const name = createHash("sha256").update(key).digest("hex");
      setAge(path.join(directory, "kept", "claims", name.slice(0, 2), name.slice(2)), age, now);
    },
  };
}

export function setAge(file: string, age: number, now = NOW): void {
  utimesSync(file, (now - age) / 1000, (now - age) / 1000);
}

/** Which of the files are there. */
export function there(files: readonly string[]): boolean[] {
  return files.map((file) => existsSync(file));
}
