/**
 * The hand-off of a global installation: npm is started sealed and puts the packages into its own prefix; they are
 * proven there before any script. Until then the older ones stand aside, and come back if anything is refused.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { scopesOf } from "../installer/npm.js";
import { type GlobalPlaces, npmGlobal } from "../installer/npm-global.js";
import { type Finding, finding, StopError } from "../model/finding.js";
import { putPackagesAside, retire } from "./global-prefix.js";
import { type GlobalTree, proveGlobal, standingName } from "./global-tree.js";
import type { HandOver } from "./handoff.js";
import { type HandOff, type Installation, incomplete, notStarted, stoppedBefore } from "./installation.js";
import { exitStatus, Interrupted, type Interrupts, interruption } from "./interrupts.js";
import { readPackageJson } from "./project.js";
import type { River } from "./river.js";
import { runAllowedScripts } from "./scripts.js";
import { type CommandFor, type Ready, runSealed } from "./seal.js";

/** Hands over to npm's global folder. */
export function handOverGlobally(places: GlobalPlaces): HandOver {
  return async (river, how, ready, { inputs }, interrupts) => {
    const { files } = river.world;
    const names = await topNames(river, ready);
    refuseOurselves(how, places, names);
    if ((await files.status(places.modules))?.type === "link") {
      const says = `${places.modules} is a symbolic link`;
      return notStarted([finding("TREE_SYMLINK", { says, expected: "a real folder" })]);
    }
    await files.makeDirectory(places.modules, 0o777);
    const retired = await retire(files, places, names);
    let tree: GlobalTree | null = null;
    try {
      const { ended, findings } = await runSealed(river, how, ready, inputs, interrupts, commandInto(places, names));
      if (ended === null) {
        const signal = interrupts.came();
        return signal === null ? notStarted(findings) : stoppedBefore(signal);
      }
      const status = exitStatus(ended);
      if (status !== 0) return incomplete(status, [...findings, failed(status)]);
      const proven = await interrupts.orStop(() => proveGlobal(river, ready, places, names));
      if (proven.findings.length > 0) {
        const aside = await putPackagesAside(files, places, names);
        return incomplete(null, [...findings, ...proven.findings, refused(aside)]);
      }
      tree = proven;
      return await scripts(river, how, places, tree, findings, interrupts);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      const says = interruption(error.signal, "before the tree was proven: the global folder is as it was");
      return incomplete(exitStatus({ status: null, signal: error.signal }), [says]);
    } finally {
      if (tree === null) {
        await putPackagesAside(files, places, names);
        await retired.restore();
      } else await retired.remove();
    }
  };
}

/** The packages that were asked for, under the names at which they will stand: the private project depends on them. */
async function topNames({ world }: River, { project }: Ready): Promise<string[]> {
  const manifest = await readPackageJson(world, project.directory);
  return Object.keys((manifest?.dependencies ?? {}) as Record<string, unknown>);
}

const commandInto =
  (places: GlobalPlaces, names: readonly string[]): CommandFor =>
  (river, how, ready, cache, registry) => {
    const all = ready.admitted.map(({ artifact }) => artifact.name);
    const specs = ready.admitted.flatMap(({ artifact: { location, name, version } }) => {
      const standing = standingName(location);
      if (location !== `node_modules/${standing}` || !names.includes(standing)) return [];
      return standing === name ? [`${name}@${version}`] : [`${standing}@npm:${name}@${version}`];
    });
    return npmGlobal({
      npm: how.npm,
      places,
      folder: ready.project.directory,
      cache,
      registry,
      scopes: [...new Set([...scopesOf(all), ...river.npm.scopes.keys()])],
      omit: [...river.options.omit],
      specs,
      settings: river.npm.settings,
      variables: river.world.environment.variables,
      extra: how.extra,
    });
  };

/** npm links commands where it stands; a rebuild in the folder would link them a second time, where nobody looks. */
function scripts(
  river: River,
  how: Installation,
  places: GlobalPlaces,
  { placed }: GlobalTree,
  findings: readonly Finding[],
  interrupts: Interrupts,
): Promise<HandOff> {
  const settings = { ...river.npm.settings, "bin-links": false };
  const inPrefix = { ...river, npm: { ...river.npm, settings } };
  return runAllowedScripts(inPrefix, how, places.lib, placed, findings, interrupts);
}

/** What runs can't be moved away while it runs. */
function refuseOurselves(how: Installation, places: GlobalPlaces, names: readonly string[]): void {
  const running = [how.npm.cli, fileURLToPath(import.meta.url)];
  for (const name of names) {
    const folder = path.join(places.modules, name) + path.sep;
    if (!running.some((file) => file.startsWith(folder))) continue;
    const help = "Install it with npm itself, or into another prefix: --prefix DIR.";
    throw new StopError("USAGE", `${name} at ${folder} is at work, and can't be replaced meanwhile`, { help });
  }
}

function failed(status: number): Finding {
  const says = `npm ended with status ${status}; nothing that it installed was run, and the global folder is as it was`;
  return finding("HANDOFF_FAILED", { says });
}

function refused(aside: readonly string[]): Finding {
  const says = `what npm had put there was moved to ${aside.join(", ")}; what was there before is back in its place`;
  const help = "Find out what changed the tree while npm ran, then run the same command again.";
  return finding("TREE_MISMATCH", { severity: "warn", says, help });
}
