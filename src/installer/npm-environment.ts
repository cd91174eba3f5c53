/**
 * What of our environment an npm gets to see: by an allow-list, so that `npm_config_*`, `NODE_OPTIONS`, `BASH_ENV`,
 * `LD_PRELOAD`, tokens, and whatever else will be invented, stay out.
 */

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

/** The environment of an npm that installs or locks, and runs no scripts. */
export function installerEnvironment(variables: Variables): Record<string, string> {
  return pick(variables, (name) => ALWAYS.has(name) || name.startsWith("LC_"));
}

/** The environment of an npm that runs allowed scripts. Still without secrets: no token is on the list. */
export function scriptEnvironment(variables: Variables): Record<string, string> {
  return pick(variables, (name) => ALWAYS.has(name) || FOR_SCRIPTS.has(name) || name.startsWith("LC_"));
}

function pick(variables: Variables, wanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(variables).filter(
    ([name, value]) => value !== undefined && wanted(name.toUpperCase()),
  );
  return { ...Object.fromEntries(entries), ...ADDED } as Record<string, string>;
}
