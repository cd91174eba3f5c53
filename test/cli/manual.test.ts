/** The manual page: made from the program, whole, well formed; its exit statuses are promises, each held by a run. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { fixtureFolder } from "../../registry-fixtures/fixture-files.js";
import { MAIN } from "../../registry-fixtures/secure-install.js";
import { commandTree, everyCommand } from "../../src/cli/command-tree.js";
import { EXAMPLES } from "../../src/cli/examples.js";
import { manualPage, roff } from "../../src/cli/manual.js";
import { EXIT_STATUS } from "../../src/cli/manual-text.js";
import { readLine } from "../../src/cli/npm-words.js";
import { build } from "../../src/cli/parse.js";
import { realWorld } from "../../src/cli/world.js";
import { EXIT } from "../../src/model/codes.js";
import { setScene, small } from "../attacks/scene.js";

const scene = await setScene(undefined, { inside: true });
scene.simulator.publish(small("choosy", "1.0.0", { engines: { node: ">=999" } }));

const root = join(fixtureFolder(), "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const page = readFileSync(join(root, "docs", "secure-install.1"), "utf8");
const nothing = (): void => {};
const program = () => build(realWorld(), [], nothing, nothing);
const commands = everyCommand(commandTree(program()));

describe("docs/secure-install.1", () => {
  test("is what the program makes of itself: npm run manual writes it anew", () => {
    assert.equal(page, manualPage(program(), manifest.version));
  });

  test("is shipped, and known to npm", () => {
    assert.equal(manifest.man, "docs/secure-install.1");
    assert.ok(manifest.files.includes(manifest.man));
  });

  test("has every command and every flag", () => {
    for (const { path, options } of commands.filter(({ path }) => !path.includes("help"))) {
      if (path.length > 0) assert.ok(page.includes(`\n.SS ${roff(path.join(" "))}`), path.join(" "));
      for (const flag of options.flatMap(({ flags }) => flags)) assert.ok(page.includes(roff(flag)), flag);
    }
  });

  test("is well formed: nothing in it is taken for a request, and formatters do not complain", (t) => {
    const requests = page.split("\n").filter((line) => /^[.']/.test(line));
    for (const line of requests) assert.match(line, /^\.(?:TH|SH|SS|PP|TP|B|nf|fi|RS|RE|br)\b/);
    assert.equal(roff(".TH\n'x \\fB--a"), "\\&.TH\n\\&'x \\efB\\-\\-a");
    const formatters: readonly (readonly [string, readonly string[]])[] = [
      ["groff", ["-man", "-Tutf8", "-ww", "-z"]],
      ["mandoc", ["-Tlint", "-Wwarning"]],
    ];
    for (const [name, args] of formatters) {
      const { error, stdout, stderr } = spawnSync(name, args, { input: page, encoding: "utf8" });
      if (error !== undefined) {
        t.diagnostic(`NOT TESTED: there is no ${name} here`);
        continue;
      }
      // The page has no date on purpose.
      const complaints = `${stdout}${stderr}`.split("\n").filter((line) => line !== "" && !/missing date/.test(line));
      assert.deepEqual(complaints, [], name);
    }
  });

  test("EXIT STATUS lists the program's numbers, npm's own, and those of signals", () => {
    const section = /^\.SH EXIT STATUS\n([\s\S]*?)^\.SH /m.exec(page)?.[1] ?? "";
    const listed = [...section.matchAll(/^\.TP\n\.B (.*)$/gm)].map(([, term = ""]) => term);
    const numbers = listed.filter((term) => /^\d+$/.test(term)).map(Number);
    assert.deepEqual(numbers.sort(), Object.values(EXIT).sort());
    assert.deepEqual(listed.slice(-2), ["npm's own", "128+n"]);
  });
});

/** One real case for each exit status. */
const HELD: Readonly<Record<string, () => Promise<void>>> = {
  "0": async () => {
    const project = await scene.project({ greeter: "1.0.0" });
    const { status, report } = await scene.run(project, ["gate"]);
    assert.deepEqual([status, report.result], [0, "PASSED"]);
  },
  "64": async () => {
    await scene.stopped(await scene.project({}), { code: "USAGE", status: EXIT.usage, args: ["ci", "--no-verify"] });
  },
  "65": async () => {
    const project = await scene.forged({ hummer: "1.0.0" }, ({ packages }) => {
      delete packages["node_modules/hummer"]?.integrity;
    });
    await scene.refused(project, { code: "LOCKFILE_INTEGRITY_ABSENT", of: "hummer@1.0.0", status: EXIT.refuse });
  },
  "70": async () => {
    const project = await scene.project({});
    const broken = "data:text/javascript,String.prototype.toUpperCase=()=>{throw new RangeError('broken')}";
    const args = ["--import", broken, MAIN, "explain", "USAGE"];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: project.directory, encoding: "utf8" });
    assert.deepEqual([status, /INTERNAL[\s\S]*RangeError: broken/.test(stderr)], [EXIT.bug, true], stderr);
  },
  "75": async () => {
    const project = await scene.project({ hummer: "1.0.0" });
    await scene.refused(project, {
      code: "FETCH_OFFLINE",
      of: "hummer@1.0.0",
      status: EXIT.undecided,
      args: ["ci", "--offline"],
    });
  },
  "78": async () => {
    const project = await scene.project({});
    await project.write(".secure-install/trust.json", "{");
    await scene.stopped(project, { code: "TRUST_MALFORMED", status: EXIT.config });
  },
  "npm's own": async () => {
    const project = await scene.project({ choosy: "1.0.0" });
    await project.writeNpmrc({ registry: scene.served.url, "engine-strict": "true" });
    const { status, report } = await scene.run(project, ["ci"]);
    assert.deepEqual([status, report.handedOff], [1, true]);
    assert.ok(!existsSync(join(project.directory, "node_modules", "choosy")));
  },
  "128+n": async () => {
    if (process.platform === "win32") return;
    const project = await scene.project({});
    const before = await project.snapshot();
    scene.simulator.hang(100, { on: /hummer/ });
    const env = { PATH: process.env.PATH, HOME: project.home, XDG_CACHE_HOME: project.home };
    const args = [MAIN, "hummer", `--cafile=${scene.served.caFile}`];
    const child = spawn(process.execPath, args, { cwd: project.directory, env, stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("close", (...how) => resolve(how)));
    while (child.exitCode === null && !scene.simulator.log.some(({ path }) => path.includes("hummer"))) await pause(20);
    child.kill("SIGTERM");
    assert.deepEqual(await ended, [143, null]);
    assert.deepEqual(await project.snapshot(), before);
  },
};

describe("EXIT STATUS", () => {
  test("each is held", () => {
    assert.deepEqual(Object.keys(HELD).sort(), EXIT_STATUS.map(([term]) => term).sort());
  });
  for (const [term, held] of Object.entries(HELD)) test(`${term}: a run that ends so`, held);
});

describe("help teaches by example", () => {
  const taught = commands.filter(({ path }) => !path.includes("help")).map(({ path }) => path.join(" "));

  test("each command has two to four examples, and no other has any", () => {
    assert.deepEqual(Object.keys(EXAMPLES).sort(), [...taught].sort());
    for (const [name, examples] of Object.entries(EXAMPLES))
      assert.ok(examples.length >= 2 && examples.length <= 4, name);
  });

  for (const name of taught) {
    test(`the examples of secure-install ${name} are understood, and are of that command`, async () => {
      for (const [line] of EXAMPLES[name] ?? []) {
        const [first, ...words] = line.split(" ");
        assert.equal(first, "secure-install");
        const ran = await commandRunBy(words);
        // The program's own examples, and those of a group, are of commands below.
        assert.ok(name === "" || ran === name || ran.startsWith(`${name} `), `${line} runs ${ran}`);
      }
    });
  }

  test("they stand in the help of the command, and fit", async () => {
    for (const [name, examples] of Object.entries(EXAMPLES)) {
      let help = "";
      const one = name
        .split(" ")
        .reduce((found, word) => found.commands.find((c) => c.name() === word) ?? found, program());
      one.configureOutput({ writeOut: (text) => (help += text) });
      one.outputHelp();
      for (const [line, says] of examples) assert.ok(help.includes(`  ${line}`) && help.includes(says), name);
      for (const line of help.split("\n").filter((text) => text.startsWith("  secure-install")))
        assert.ok(line.length <= 120, line);
    }
  });
});

/** Reads a command line to its end, and gives the name of the command that would run. */
async function commandRunBy(words: readonly string[]): Promise<string> {
  const ran: string[] = [];
  const { own } = readLine(words);
  const whole = program();
  const stub = (command: Command, path: readonly string[]): void => {
    if (command.commands.length === 0) command.action(() => void ran.push(path.join(" ")));
    for (const below of command.commands) stub(below, [...path, below.name()]);
  };
  stub(whole, []);
  await whole.parseAsync([...own], { from: "user" });
  assert.equal(ran.length, 1, words.join(" "));
  return ran[0] ?? "";
}
