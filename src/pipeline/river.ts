/** What every step of a run is given: the world, the network's client, the store, the trust, the clock's one reading. */
import type { NpmSettings } from "../ecosystem/npmrc.js";
import type { Quarantine } from "../fetch/quarantine.js";
import type { Client } from "../fetch/settings.js";
import type { InputPlaces, InputState } from "../installer/inputs.js";
import type { TrustStore } from "../model/policy.js";
import type { World } from "../model/world.js";
import type { Judge } from "./base.js";
import type { TrustPlace } from "./trust.js";

/** The state of everything that a verdict rests on, at one moment. */
export interface Inputs {
  readonly places: InputPlaces;
  readonly states: ReadonlyMap<string, InputState>;
}

export interface RiverOptions {
  /** Judge signatures over the locked digests, without the bytes. */
  readonly signaturesOnly: boolean;
  readonly offline: boolean;
  /** Leave out what this platform would not install. */
  readonly thisPlatform: boolean;
  /** Whether this is the gate, where a package that changed hands waits for a person; elsewhere that is a warning. */
  readonly gate: boolean;
  readonly omit: ReadonlySet<"dev" | "optional" | "peer">;
  /** Artifacts that are under way at once. */
  readonly concurrency: number;
}

/** Told on the way, for a progress display; never part of a result. */
export interface Progress {
  stage(name: string, total: number): void;
  step(bytes: number): void;
  /** Somebody else is about to write to the terminal. */
  clear(): void;
}

export interface River {
  readonly world: World;
  readonly client: Client;
  readonly quarantine: Quarantine;
  readonly trust: TrustStore;
  /** Where `trust` comes from. */
  readonly judge: Pick<Judge, "onDisk" | "commit">;
  readonly place: TrustPlace;
  /** The project's inputs as they were before any of them was read. */
  readonly begun: Inputs;
  readonly npm: NpmSettings;
  /** Texts that must not stand in a report; see session.ts. */
  readonly masked: readonly string[];
  /** Milliseconds since the epoch: the clock is read once. */
  readonly now: number;
  readonly options: RiverOptions;
  readonly progress: Progress;
}
