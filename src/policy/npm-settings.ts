/**
 * npm's settings that run code or weaken TLS. A repository brings its own .npmrc, so what a person may do to
 * themselves in ~/.npmrc is not the repository's to do; and what decides how we reach the wire (authorities, proxies)
 * comes from the person and the machine, never from the repository.
 */
import { type Finding, finding } from "../model/finding.js";

export type SettingLevel = "command-line" | "environment" | "project" | "user" | "global" | "builtin";

/** One setting, at one of the places where npm finds it; the same key may be set at several. */
export interface NpmSetting {
  readonly key: string;
  /** As text, after npm has parsed it: `false`, `./evil.sh`. May hold secrets that npm put in for `${TOKEN}`. */
  readonly value: string;
  /** As it was written, nothing put in. This is what people are shown. */
  readonly written: string;
  readonly level: SettingLevel;
  /** For people: `.npmrc in the project, line 3`, `~/.npmrc`, `environment variable npm_config_git`. */
  readonly where: string;
  /** Whether npm knows the key. It hands those that it does not know to install scripts, as variables. */
  readonly known: boolean;
}

/** Passed on to allowed install scripts when a person has set them, so there is nothing to say of those. */
const FOR_SCRIPTS = new Set(["python", "nodedir"]);

/** What each does to an installation, to end the sentence "`key` in … ". */
const RUNS_CODE: Readonly<Record<string, string>> = {
  git: "chooses the program that npm runs as git, also while it only locks",
  "script-shell": "chooses the program that runs every script",
  shell: "chooses a program that npm runs as a shell",
  "node-options": "puts options, which can load code, into every node process",
  "node-gyp": "chooses the program that builds native packages",
  python: "chooses the program that builds native packages",
  nodedir: "chooses the headers that native packages are built with",
};
const LEADS_ELSEWHERE: Readonly<Record<string, string>> = {
  prefix: "moves npm's own folder, and its global settings with it",
  userconfig: "puts another file in the place of your own settings",
  globalconfig: "puts another file in the place of this machine's settings",
  global: "makes npm install into the machine's folder instead of the project's",
  location: "makes npm read and write the machine's settings instead of the project's",
};
const CREDENTIALS = new Set(["_auth", "_authToken", "_password"]);
const WIRE = new Set(["ca", "cafile", "proxy", "https-proxy", "noproxy"]);

/** The keys of which every place is worth knowing. Credentials without a registry are sent to nobody. */
export const NOTED_SETTINGS: readonly string[] = [
  "strict-ssl",
  ...Object.keys(RUNS_CODE),
  ...Object.keys(LEADS_ELSEWHERE),
  ...WIRE,
  ...CREDENTIALS,
];

/** What is refused, not used, or not passed on among npm's settings; see `unsafeEnvironment`. */
export function unsafeSettings(settings: readonly NpmSetting[]): readonly Finding[] {
  return [...settings.flatMap((setting) => judge(setting) ?? []), ...unknownOfProject(settings)];
}

function judge(setting: NpmSetting): Finding | null {
  const { key, value, level, where } = setting;
  const got = `${key}=${setting.written}`;
  const project = level === "project";
  if (key === "strict-ssl") {
    if (value === "true") return null;
    return finding("ENVIRONMENT_UNSAFE", {
      says: `strict-ssl is off (${where}): any server would be believed`,
      expected: "strict-ssl=true, npm's default",
      got,
      help: "Remove it there. Where a certificate authority is missing, name its file with --cafile.",
    });
  }
  const means = own(RUNS_CODE, key);
  if (means !== null && value !== "" && value !== "null") {
    if (project) return refused(setting, means);
    if (FOR_SCRIPTS.has(key)) return null;
    return note(`${key} (${where}) is yours, and is not passed on to the installer`, got);
  }
  const leads = own(LEADS_ELSEWHERE, key);
  if (leads !== null && project && !harmless(key, value)) return refused(setting, leads);
  if (WIRE.has(key) && project && value !== "" && value !== "null") {
    return finding("ENVIRONMENT_UNSAFE", {
      severity: "warn",
      says: `${key} (${where}) is not used: whom to trust on the wire is not for the repository to say`,
      help: key.startsWith("ca")
        ? "Set it in your own settings (npm config set --location=user), or name the file with --cafile."
        : "Set it in your own settings (npm config set --location=user).",
    });
  }
  if (CREDENTIALS.has(key) && value !== "") {
    return note(`${key} (${where}) names no registry, so it is sent to none`, null);
  }
  return null;
}

function refused(setting: NpmSetting, means: string): Finding {
  return finding("ENVIRONMENT_UNSAFE", {
    says: `${setting.key} (${setting.where}) ${means}; the repository has set it`,
    expected: `no "${setting.key}" in the project's .npmrc`,
    got: `${setting.key}=${setting.written}`,
    help: `Remove it there. If you need it, it belongs into your own settings: npm config set ${setting.key} --location=user.`,
  });
}

function note(says: string, got: string | null): Finding {
  return finding("ENVIRONMENT_UNSAFE", {
    severity: "note",
    says,
    got: got ?? undefined,
    help: "Nothing needs to be done.",
  });
}

/** `sass_binary_site` and its like: allowed install scripts would fetch from where the repository says. */
function unknownOfProject(settings: readonly NpmSetting[]): readonly Finding[] {
  const unknown = settings.filter(
    (one) => one.level === "project" && !one.known && !NOTED_SETTINGS.includes(one.key) && !isScoped(one.key),
  );
  const [first] = unknown;
  if (first === undefined) return [];
  return [
    finding("ENVIRONMENT_UNSAFE", {
      severity: "note",
      says: `npm does not know ${unknown.map((one) => one.key).join(", ")} (${first.where}); allowed install scripts would be given such settings`,
      help: "Look at what they choose, if install scripts are allowed here.",
    }),
  ];
}

const isScoped = (key: string): boolean => key.startsWith("//") || key.includes(":");

const harmless = (key: string, value: string): boolean =>
  value === "" || (key === "global" && value !== "true") || (key === "location" && value !== "global");

function own(table: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}
