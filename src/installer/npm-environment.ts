/**
 * What of our environment an npm gets to see: by an allow-list, so that `npm_config_*`, `NODE_OPTIONS`, `BASH_ENV`,
 * `LD_PRELOAD`, tokens, and whatever else will be invented, stay out.
 */

import path from "node:path";

export type Variables = Readonly<Record<string, string | undefined>>;

/** Upper case; Windows spells them as it likes. */
const ALWAYS = new Set([
  ...["PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR"],
  ...["TMPDIR", "TMP", "TEMP", "CI"],
  ...["SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH"],
  ...["APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "COMMONPROGRAMFILES"],
  ...["NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "OS"],
]);

/** An allowed script compiles, and fetches what it compiles against: it sees the tool chain and the way out. */
const FOR_SCRIPTS = new Set([
  ...["SHELL", "CC", "CXX", "AR", "LD", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "MAKE", "MAKEFLAGS", "JOBS"],
  ...["PYTHON", "PKG_CONFIG_PATH", "SDKROOT", "DEVELOPER_DIR", "MACOSX_DEPLOYMENT_TARGET", "VCINSTALLDIR"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"],
]);

/** A planted compile cache runs in the place of honest source (measured on Node 22). */
const ADDED = { NODE_DISABLE_COMPILE_CACHE: "1" };

/** The environment of an npm that installs or locks in `project` (absolute), and runs no scripts. */
export function installerEnvironment(variables: Variables, project: string): Record<string, string> {
  return pick(variables, project, (name) => ALWAYS.has(name) || name.startsWith("LC_"));
}

/** The environment of an npm that runs allowed scripts. Still without secrets: no token is on the list. */
export function scriptEnvironment(variables: Variables, project: string): Record<string, string> {
  return pick(variables, project, (name) => ALWAYS.has(name) || FOR_SCRIPTS.has(name) || name.startsWith("LC_"));
}

function pick(variables: Variables, project: string, wanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = { ...ADDED };
  for (const [name, value] of Object.entries(variables)) {
    const known = name.toUpperCase();
    if (value !== undefined && wanted(known)) picked[name] = known === "PATH" ? outsideOf(project, value) : value;
  }
  return picked;
}

/** PATH without its relative entries and those inside the project: `npm run` puts node_modules/.bin first there. */
function outsideOf(project: string, value: string): string {
  const kept = value.split(path.delimiter).filter((entry) => {
    // Windows allows an entry to be quoted.
    const folder = entry.replaceAll('"', "");
    if (!path.isAbsolute(folder)) return false;
    const relative = path.relative(project, folder);
    return relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
  });
  return kept.join(path.delimiter);
}
