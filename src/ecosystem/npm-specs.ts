/** What a person asks for, resolved to name and version before anything is locked: early, and in plain words. */
import type { Options } from "pacote";
import { type Finding, finding } from "../model/finding.js";

/** Where metadata is asked for: our own gateway, never the network. */
export interface SpecGateway {
  readonly routes: readonly { readonly scope: string | null; readonly url: string }[];
  readonly proxyUrl: string;
}

export interface SpecRequest {
  readonly gateway: SpecGateway;
  /** A folder of ours, removed afterwards. */
  readonly cache: string;
  /** Where relative paths in a spec begin. */
  readonly directory: string;
}

/**
 * Has pacote parse and resolve each spec against the gateway. Findings for what is no package of a registry
 * (LOCKFILE_SOURCE_UNSUPPORTED), and for what no registry has (LOCK_FAILED).
 */
export async function resolveSpecs(specs: readonly string[], request: SpecRequest): Promise<Finding[]> {
  if (specs.length === 0) return [];
  const { default: pacote } = await import("pacote");
  const { default: npa } = await import("npm-package-arg");
  const options = optionsFor(request);
  const found = await Promise.all(
    specs.map(async (spec): Promise<Finding | null> => {
      try {
        const parsed = npa(spec, request.directory);
        if (!parsed.registry && parsed.type !== "alias") return unsupported(spec, parsed.type);
        await pacote.manifest(spec, options);
        return null;
      } catch (error) {
        return finding("LOCK_FAILED", { says: `${spec}: ${(error as Error).message.split("\n")[0]}` });
      }
    }),
  );
  return found.filter((item) => item !== null);
}

function optionsFor({ gateway, cache, directory }: SpecRequest): Options {
  const registry = gateway.routes.find(({ scope }) => scope === null)?.url;
  const scoped = gateway.routes.flatMap(({ scope, url }) => (scope === null ? [] : [[`${scope}:registry`, url]]));
  const sealed = { proxy: gateway.proxyUrl, httpsProxy: gateway.proxyUrl, noProxy: "nothing.invalid", fetchRetries: 0 };
  return {
    ...(registry === undefined ? {} : { registry }),
    ...Object.fromEntries(scoped),
    ...sealed,
    cache,
    where: directory,
    allowGit: "none",
    allowRemote: "none",
    allowFile: "none",
    allowDirectory: "none",
  } as Options;
}

function unsupported(spec: string, type: string): Finding {
  const kinds: Readonly<Record<string, string>> = {
    git: "git",
    remote: "a URL",
    file: "a file",
    directory: "a folder",
  };
  const says = `${spec} would come from ${kinds[type] ?? type}, not from a registry`;
  return finding("LOCKFILE_SOURCE_UNSUPPORTED", { says });
}
