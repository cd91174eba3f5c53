/** The three that must never get in: replaced on the server, without a signature, signed by a stranger. */
import { createSimulator, type Simulator } from "../../registry-fixtures/simulator.js";

const stranger = createSimulator({ name: "stranger" }).loadPackages();

/** Each spoils left-padder@1.1.1, on which greeter depends, until the simulator is reset. */
export const SPOILED: readonly { readonly what: string; readonly code: string; spoil(simulator: Simulator): void }[] = [
  {
    what: "tampered",
    code: "DIGEST_MISMATCH",
    spoil: (simulator) =>
      void simulator.tamper("left-padder", "1.1.1", (tarball) => Buffer.from(tarball).fill(0xff, tarball.length - 8)),
  },
  {
    what: "unsigned",
    code: "SIGNATURE_ABSENT",
    spoil: (simulator) => void simulator.strip("left-padder", "1.1.1"),
  },
  {
    what: "signed by a stranger",
    code: "KEY_UNKNOWN",
    spoil: (simulator) => {
      const { signatures } = stranger.release("left-padder", "1.1.1").manifest.dist;
      simulator.alterSignatures("left-padder", "1.1.1", () => signatures ?? []);
    },
  },
];
