/** A publisher with an OpenPGP key of their own, whom a project's trust.json names. */
import * as openpgp from "openpgp";
import { registryEntry } from "../../registry-fixtures/project.js";
import type { Stage } from "./told.js";

const NAME = "ann";

/** Pins the publisher's key for greeter, and lays a signature beside its tarball: by her, by another, or none. */
export async function pinPublisher(stage: Stage, signer: "herself" | "stranger" | "nobody"): Promise<void> {
  const { project, simulator } = stage;
  const key = await makeKey();
  const fingerprint = key.getFingerprint().toUpperCase();
  stage.places.push([fingerprint, "{fingerprint of ann}"]);
  await project.write(`.secure-install/keys/${fingerprint}.asc`, key.toPublic().armor());
  const identity = { type: "openpgp", fingerprint, signatureUrl: "{url}.asc" };
  await project.writeTrust({
    registries: { acme: registryEntry(simulator) },
    publishers: { [NAME]: { identities: [identity] } },
    rules: [{ select: "npm:greeter", publishers: { atLeast: 1, of: [NAME] }, reason: "Ann signs each release" }],
  });
  if (signer === "nobody") return;
  const { tarball } = simulator.release("greeter", "1.0.0");
  const message = await openpgp.createMessage({ binary: tarball ?? Buffer.alloc(0) });
  const signingKeys = signer === "herself" ? key : await makeKey();
  simulator.put(
    "greeter/-/greeter-1.0.0.tgz.asc",
    String(await openpgp.sign({ message, signingKeys, detached: true })),
  );
}

/** A day old, so that no clock makes its signatures older than it. */
async function makeKey(): Promise<openpgp.PrivateKey> {
  const date = new Date(Date.now() - 86_400_000);
  const { privateKey } = await openpgp.generateKey({ userIDs: [{ name: NAME }], date, format: "object" });
  return privateKey;
}
