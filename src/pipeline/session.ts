/** Opens a run: everything that is read once, before any package is looked at. Whatever is unsafe stops it here. */
import path from "node:path";
import { type NpmSettings, readNpmSettings } from "../ecosystem/npmrc.js";
import { createClient } from "../fetch/client.js";
import { openQuarantine } from "../fetch/quarantine.js";
import { storeDirectory } from "../fetch/store-directory.js";
import { certificatesIn } from "../fetch/tls.js";
import { type Finding, StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { World } from "../model/world.js";
import { unsafeEnvironment } from "../policy/environment.js";
import { type BaseRequest, openJudge } from "./base.js";
import { takeInputs } from "./inputs.js";
import type { Progress, River, RiverOptions } from "./river.js";

export interface SessionRequest {
  /** The project's folder, absolute. */
  readonly project: string;
  /** `--trust`, absolute, or null. */
  readonly trust: string | null;
  /** Whether no store of the project or its repository judges: what is installed is not theirs. */
  readonly builtinOnly: boolean;
  /** From where the judging store comes; that on the disk judges where nothing is said. */
  readonly base?: BaseRequest;
  /** `--cafile`, absolute, or null. */
  readonly cafile: string | null;
  /** What `--omit` and `--include` said, or null to take npm's settings. */
  readonly omit: readonly ("dev" | "optional" | "peer")[] | null;
  /** Whether npm will run: only then do its settings say what is left out. A gate is not narrowed by the repository. */
  readonly installs: boolean;
  readonly options: Omit<RiverOptions, "omit">;
  readonly progress: Progress;
  readonly userAgent: string;
}

export interface Session {
  readonly river: River;
  /** About the surroundings and the trust store: what is weakened, not used, or about to end. */
  readonly findings: readonly Finding[];
  close(): Promise<void>;
}

/** Throws StopError for whatever would make a verdict worthless: unsafe settings, a malformed trust store. */
export async function openSession(world: World, request: SessionRequest): Promise<Session> {
  const now = world.clock.now();
  const { environment, files } = world;
  // Before anything is read, so that nothing can change between the reading and the first look.
  const begun = await takeInputs(files, request.project, []);
  const npm = await readNpmSettings(environment, files, request.project);
  const masked = await substituted(world, request.project);
  const around = unsafeEnvironment(environment.variables, environment.platform, npm.origins);
  const unsafe = around.find((item) => item.severity === "refuse");
  if (unsafe !== undefined)
    throw new StopError("ENVIRONMENT_UNSAFE", unsafe.says, { at: unsafe.got ?? "", help: unsafe.help });
  const place = { project: request.project, directory: request.trust, builtinOnly: request.builtinOnly };
  const judge = await openJudge(world, place, request.base ?? { ref: null, find: false }, now);
  const { trust } = judge;
  const quarantine = await openQuarantine(files, storeDirectory(environment), environment.platform, now);
  const client = createClient({
    extraCa: await extraAuthorities(world, npm, request.cafile),
    proxy: npm.proxy,
    connections: Math.min(32, request.options.concurrency),
    credentials: npm.credentials,
    offline: request.options.offline,
    userAgent: request.userAgent,
    clock: world.clock,
    sleep,
  });
  const omit = new Set(
    request.omit ?? (request.installs ? (npm.omit as readonly ("dev" | "optional" | "peer")[]) : []),
  );
  const options: RiverOptions = { ...request.options, omit };
  await quarantine.sweep(now);
  return {
    river: {
      ...{ world, client, quarantine, trust, judge, place, begun, masked, npm, now, options },
      progress: request.progress,
    },
    findings: [...around, ...judge.findings, ...trust.findings],
    close: async () => {
      await client.close();
      await world.workers.close();
    },
  };
}

/**
 * Values of the variables that the project's own .npmrc puts into its settings. The repository chose them, secrets
 * perhaps, so they must not come out again in a report.
 */
async function substituted({ environment, files }: World, project: string): Promise<string[]> {
  const text = await files.read(path.join(project, ".npmrc"), LIMITS.packageJsonBytes).catch(() => null);
  const names = [...(text?.toString("utf8") ?? "").matchAll(/\$\{([^}]{1,200})\}/g)].map(([, name = ""]) => name);
  return names.flatMap((name) => environment.variables[name.replace(/\?$/, "")] ?? []).filter((value) => value !== "");
}

/** PEM texts believed besides node's own roots. Where any are given, older nodes forget NODE_EXTRA_CA_CERTS. */
async function extraAuthorities(world: World, npm: NpmSettings, cafile: string | null): Promise<string[]> {
  const named = cafile === null ? [] : [await readPem(world, cafile, "--cafile")];
  const extra = [...npm.ca, ...named];
  const ofNode = world.environment.variables.NODE_EXTRA_CA_CERTS;
  if (extra.length === 0 || !ofNode) return extra;
  return [
    ...extra,
    await readPem(world, path.resolve(world.environment.workingDirectory, ofNode), "NODE_EXTRA_CA_CERTS"),
  ];
}

async function readPem(world: World, file: string, at: string): Promise<string> {
  const bytes = await world.files.read(file, LIMITS.certificateBytes * 16).catch(() => null);
  if (bytes === null) {
    const help = "Name a file of certificates (PEM) that is there and can be read.";
    throw new StopError("ENVIRONMENT_UNSAFE", `the certificates in ${file} can't be read`, { at, help });
  }
  return certificatesIn(bytes.toString("utf8"), file).join("\n");
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      done();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
