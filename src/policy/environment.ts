/**
 * What in the surroundings would weaken TLS, or run code, before anything has been verified. Pure: variables and
 * npm's settings go in. What children get instead of our environment is for each installer's room to say.
 */
import { type Finding, finding } from "../model/finding.js";
import { readNodeOptions } from "./node-options.js";
import { type NpmSetting, unsafeSettings } from "./npm-settings.js";

type Variables = Readonly<Record<string, string | undefined>>;

const unsafe = (says: string, more: { got?: string; help?: string; severity?: "note" | "warn" }): Finding =>
  finding("ENVIRONMENT_UNSAFE", { says, ...more });

/**
 * All that is unsafe around us, each finding with the place where it is set and what to do there. Those of severity
 * `refuse` stop the run before it begins (exit status 78); a `warn` or `note` says what is not used or not passed
 * on. Nothing is quietly overridden: whoever reads the output knows what was set.
 */
export function unsafeEnvironment(
  variables: Variables,
  platform: NodeJS.Platform,
  npm: readonly NpmSetting[],
): readonly Finding[] {
  const get = (name: string): string | undefined => lookUp(variables, platform, name);
  return [
    ...tlsFindings(get("NODE_TLS_REJECT_UNAUTHORIZED")),
    ...nodeOptionsFindings(get("NODE_OPTIONS")),
    ...compileCacheFindings(get("NODE_COMPILE_CACHE"), get("NODE_DISABLE_COMPILE_CACHE")),
    ...unsafeSettings(npm),
  ];
}

/** Node compares with "0" exactly; every other value leaves verification on. */
function tlsFindings(value: string | undefined): readonly Finding[] {
  if (value !== "0") return [];
  return [
    unsafe("the environment variable NODE_TLS_REJECT_UNAUTHORIZED is 0: any server would be believed", {
      got: "NODE_TLS_REJECT_UNAUTHORIZED=0",
      help: "Unset it. Where a certificate authority is missing, name its file in NODE_EXTRA_CA_CERTS or with --cafile.",
    }),
  ];
}

function nodeOptionsFindings(value: string | undefined): readonly Finding[] {
  if (value === undefined || value === "") return [];
  const { loading, weakening, other } = readNodeOptions(value);
  const findings: Finding[] = [];
  if (loading.length > 0) {
    findings.push(
      unsafe(`the environment variable NODE_OPTIONS loads code into every node process: ${loading.join(" ")}`, {
        got: value,
        help: "Unset NODE_OPTIONS, or take these options out of it, for this command.",
      }),
    );
  }
  if (weakening.length > 0) {
    findings.push(
      unsafe(`the environment variable NODE_OPTIONS weakens the network's protection: ${weakening.join(" ")}`, {
        got: value,
        help: "Take these options out of NODE_OPTIONS for this command.",
      }),
    );
  }
  if (other.length > 0 && findings.length === 0) {
    findings.push(
      unsafe(`the environment variable NODE_OPTIONS is not passed on to the installer: ${other.join(" ")}`, {
        severity: "note",
        help: "Nothing needs to be done.",
      }),
    );
  }
  return findings;
}

/** A planted entry of the cache runs hostile code for honest source, and our own modules are loaded through it too. */
function compileCacheFindings(folder: string | undefined, disabled: string | undefined): readonly Finding[] {
  if (folder === undefined || folder === "" || (disabled !== undefined && disabled !== "")) return [];
  return [
    unsafe("the environment variable NODE_COMPILE_CACHE makes node run code from a cache that nobody verifies", {
      got: `NODE_COMPILE_CACHE=${folder}`,
      help: "Unset it for this command, or set NODE_DISABLE_COMPILE_CACHE=1 beside it.",
    }),
  ];
}

/** A variable by its name; Windows does not tell capitals from small letters. */
function lookUp(variables: Variables, platform: NodeJS.Platform, name: string): string | undefined {
  if (platform !== "win32") return Object.hasOwn(variables, name) ? variables[name] : undefined;
  const key = Object.keys(variables).find((one) => one.toUpperCase() === name);
  return key === undefined ? undefined : variables[key];
}
