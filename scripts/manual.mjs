// Writes docs/secure-install.1 from the compiled program; a test holds the page to it.
import { readFileSync, writeFileSync } from "node:fs";
import { manualPage } from "../dist/src/cli/manual.js";
import { build } from "../dist/src/cli/parse.js";
import { realWorld } from "../dist/src/cli/world.js";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const nothing = () => {};
const program = build(realWorld(), [], nothing, nothing);
writeFileSync(new URL("../docs/secure-install.1", import.meta.url), manualPage(program, version));
