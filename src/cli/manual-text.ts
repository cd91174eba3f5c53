/** What the manual page says by hand. A test holds each exit status to a real run. */
import { EXIT } from "../model/codes.js";

type Terms = readonly (readonly [term: string, says: string])[];

export const INTRODUCTION: readonly string[] = [
  "secure-install answers three questions for every entry of a lockfile before npm gets a single byte: who published these bytes, is that who was decided to be trusted, and are they still the same bytes. It hands npm what has passed and nothing else, with scripts off, and holds every file that npm leaves on disk against what has passed before any script runs.",
  "Whom to trust for what stands in .secure-install at the root of the repository, reviewed like code. Without it a built-in floor holds: packages of npm's public registry must show a signature by npm's own keys.",
  "After -- stand arguments for npm, as far as they leave the seal whole. A flag that does not exist is an error, never passed over.",
];

/** In the order in which they are met; each number is one of the program's, and none is missing. */
export const EXIT_STATUS: Terms = [
  [
    "0",
    "Passed. Every entry of the lockfile has its verdict, and none was refused or left undecided. Where npm was started, it got only bytes that have passed, its tree is what they say, and no script ran that trust.json does not allow.",
  ],
  [
    `${EXIT.refuse}`,
    "Refused: an entry, the lockfile or the tree is not what it should be. npm was not started, or what it left was moved aside before any script ran. package.json and the lockfile are as they were.",
  ],
  [
    `${EXIT.undecided}`,
    "Undecided: what was needed could not be asked for (the network, a registry). Nothing undecided is installed. The same command may pass later.",
  ],
  [
    `${EXIT.usage}`,
    "Usage: the command line asks for something that does not exist, or asks npm for what would break the seal. The project is as it was.",
  ],
  [
    `${EXIT.config}`,
    "The trust store, the environment or the project's files can't be used: the run did not start, or could not tell its result.",
  ],
  [`${EXIT.bug}`, "A bug of secure-install. Nothing is claimed of the packages."],
  [
    "npm's own",
    "Once npm was started and has failed, its status is given. Nothing that it installed was run, and the report says so (handedOff in JSON).",
  ],
  [
    "128+n",
    "Ended by signal n, such as 130 for Ctrl-C. A tree that was not yet proven is moved aside, package.json and the lockfile are put back; where somebody else has changed one meanwhile, it is left alone and named.",
  ],
];

export const ENVIRONMENT: Terms = [
  ["SECURE_INSTALL_STORE_BUDGET", "Bytes that the store may hold, such as 500MB, 5GB (unless set) or none."],
  [
    "NO_COLOR, FORCE_COLOR",
    "Not empty: no colour; colour also where nobody looks at a terminal (0: none). The first wins. With neither, only what a terminal shows is coloured.",
  ],
  ["XDG_CACHE_HOME, LOCALAPPDATA", "Where the store lies; see FILES."],
  [
    "NODE_OPTIONS, NODE_TLS_REJECT_UNAUTHORIZED, npm_config_*",
    "What would run code or weaken TLS before anything is verified is refused by its name; npm's other settings hold. No variable turns verification off.",
  ],
];

export const FILES: Terms = [
  [".secure-install/trust.json", "Whom to trust for what; also exceptions.json, deny.json and keys/ beside it."],
  [
    "~/.cache/secure-install",
    "The store of verified bytes ($XDG_CACHE_HOME/secure-install; ~/Library/Caches/secure-install on macOS, %LOCALAPPDATA%\\secure-install\\Cache on Windows). Nothing in it is believed without its digest. Once a day at most, a run that finds it over its budget removes what was used least recently.",
  ],
];

export const SEE_ALSO: readonly string[] = [
  "npm(1). secure-install explain CODE tells what a code in a report means. The pages under docs/ tell of the trust store, the codes, and what is promised against whom.",
];
