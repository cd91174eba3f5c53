/** The machine's own npm, started as a command says, and projects for it to work in. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import path from "node:path";
import { diskFiles } from "../../src/files/disk.js";
import { findNpm, type Npm } from "../../src/installer/npm-find.js";
import type { Command } from "../../src/model/world.js";
import type { Packed } from "../gateway/packages.js";

export const files = diskFiles();

/** The npm that PATH finds. */
export function realNpm(): Promise<Npm> {
  const names = process.platform === "win32" ? ["npm.cmd"] : ["npm"];
  const places = (process.env.PATH ?? "")
    .split(path.delimiter)
    .flatMap((place) => names.map((n) => path.join(place, n)));
  const found = places.find((place) => existsSync(place)) ?? null;
  return findNpm(files, { found, node: process.execPath, project: "/no/project", platform: process.platform });
}

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** Starts a command, and nothing but it. */
export function start({ file, args, env, cwd }: Pick<Command, "file" | "args" | "env" | "cwd">): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (piece) => {
        output += piece;
      });
    }
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

/** A package-lock.json of version 3. */
export function lockfile(root: Readonly<Record<string, unknown>>, entries: Readonly<Record<string, unknown>>): unknown {
  return {
    name: root.name,
    version: root.version,
    lockfileVersion: 3,
    requires: true,
    packages: { "": root, ...entries },
  };
}

/** An honest entry for a package, with an address or without. */
export function entry(item: Packed, resolved: string | null, more: Readonly<Record<string, unknown>> = {}): unknown {
  const { dependencies } = item.manifest;
  return {
    version: item.version,
    ...(resolved === null ? {} : { resolved: `${resolved}${item.name}/-/${item.filename}` }),
    integrity: item.integrity,
    ...(dependencies === undefined ? {} : { dependencies }),
    ...more,
  };
}

/** Every file below a folder, links with where they lead; empty if there is no folder. */
export function tree(folder: string, below = ""): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    const full = path.join(folder, item.name);
    if (item.isSymbolicLink()) return [`${below}${item.name} -> ${readlinkSync(full)}`];
    return item.isDirectory() ? tree(full, `${below}${item.name}/`) : [`${below}${item.name}`];
  });
}
