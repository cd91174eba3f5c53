/** What a person asks for, resolved to name and version before anything is locked: early, and in plain words. */
import type { AliasResult } from "npm-package-arg";
import type { Options } from "pacote";
import { type Finding, finding } from "../model/finding.js";
import { isNpmName } from "../model/names.js";

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
 * (LOCKFILE_SOURCE_UNSUPPORTED), for what no registry has (LOCK_FAILED), and where one could not be asked (FETCH_FAILED).
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
        const { name } = parsed.type === "alias" ? (parsed as AliasResult).subSpec : parsed;
        if (!isNpmName(name ?? "")) {
          return finding("LOCK_FAILED", { says: `"${spec}" is not the name of a package` });
        }
        await pacote.manifest(spec, options);
        return null;
      } catch (error) {
        return unresolved(spec, error);
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

/** pacote's error in plain words. 424 is our gateway's status where the registry itself could not be asked. */
function unresolved(spec: string, error: unknown): Finding {
  const { code, message, body } = error as Error & { readonly code?: string; readonly body?: { error?: unknown } };
  if (code === "E424") return finding("FETCH_FAILED", { says: `${spec}: ${String(body?.error ?? message)}` });
  if (code === "E404") return finding("LOCK_FAILED", { says: `${spec}: the registry knows no package of that name` });
  return finding("LOCK_FAILED", { says: `${spec}: ${message.split("\n")[0]}` });
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
