/** Signing as an owner: with gpg or ssh-keygen, as people have them, in a folder that nobody else can enter. */
import path from "node:path";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { World } from "../model/world.js";
import { NAMESPACE } from "./owners.js";

/** What the programs need to find their keys, and to ask for a passphrase. */
const VARIABLES = [
  ...["HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TERM", "TMPDIR"],
  ...[
    "GNUPGHOME",
    "GPG_TTY",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
  ],
  ...["SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE"],
  ...["SystemRoot", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP"],
];

/** A detached OpenPGP signature over the exact bytes, armored, by the certificate of this full fingerprint. */
export function signWithGpg(
  world: World,
  project: string,
  fingerprint: string,
  message: Uint8Array,
): Promise<Uint8Array> {
  return signed(world, { program: "gpg", project, message }, (file, signature) => [
    ...["--no-options", "--no-textmode", "--armor", "--digest-algo", "SHA512", "--local-user", fingerprint],
    ...["--output", signature, "--detach-sign", file],
  ]);
}

/** A signature of OpenSSH's form, by the key in this file (absolute); of a `.pub` file the agent has the other half. */
export function signWithSsh(world: World, project: string, key: string, message: Uint8Array): Promise<Uint8Array> {
  return signed(world, { program: "ssh-keygen", project, message }, (file) => [
    ...["-q", "-Y", "sign", "-n", NAMESPACE, "-f", key, file],
  ]);
}

interface Signing {
  readonly program: string;
  readonly project: string;
  readonly message: Uint8Array;
}

async function signed(
  world: World,
  { program, project, message }: Signing,
  args: (file: string, signature: string) => readonly string[],
): Promise<Uint8Array> {
  const { files, processes, environment } = world;
  const found = await processes.find(program, project);
  if (found === null) throw failed(program, `no ${program} was found outside the project`);
  const folder = await files.makeTemporary("secure-install-sign-");
  try {
    const file = path.join(folder, "message");
    await files.write(file, message, 0o600);
    const env = Object.fromEntries(
      VARIABLES.map((name) => [name, environment.variables[name]]).filter(([, value]) => value),
    );
    const command = { file: found, args: args(file, `${file}.sig`), env, cwd: folder, seal: "verified-files" as const };
    const ended = await processes.run(command, { output: "stderr" });
    const signature = await files.read(`${file}.sig`, LIMITS.signatureBytes);
    if (ended.status !== 0 || signature === null) throw failed(program, `${program} made no signature`);
    return signature;
  } finally {
    await files.remove(folder);
  }
}

function failed(program: string, says: string): StopError {
  return new StopError("ENVIRONMENT_UNUSABLE", says, {
    at: program,
    help: `See that ${program} is installed and can use the key, and read its own message above.`,
  });
}
