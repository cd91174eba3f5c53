import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { realWorld } from "../../src/cli/world.js";
import type { StopError } from "../../src/model/finding.js";
import type { World } from "../../src/model/world.js";
import { type BaseRequest, type Judge, openJudge } from "../../src/pipeline/base.js";
import { namedBase } from "../../src/pipeline/base-ref.js";
import { decisionsDigest, stepMessage } from "../../src/pipeline/owners.js";
import { observationLine } from "../../src/trust/observed.js";
import { stoppedLater } from "../trust/samples.js";
import { commitAll, git, initialize, temporary, writeFiles } from "./repository.js";

const SHA = "0123456789abcdef0123456789abcdef01234567";

describe("where a pull or merge request goes, by the CI system", () => {
  type Case = readonly [service: string, variables: Readonly<Record<string, string>>, refs: readonly string[]];
  const main = "refs/remotes/origin/main";
  const github = { GITHUB_ACTIONS: "true", GITHUB_BASE_REF: "main", GITHUB_EVENT_NAME: "pull_request" };
  const cases: readonly Case[] = [
    ["GitHub Actions", { ...github, GITHUB_REF: "refs/pull/7/merge", GITHUB_SHA: SHA }, [`${SHA}^1`, main]],
    ["GitHub Actions", { ...github, GITHUB_BASE_REF: "release/1.x" }, ["refs/remotes/origin/release/1.x"]],
    [
      "GitHub Actions",
      { ...github, GITHUB_EVENT_NAME: "pull_request_target", GITHUB_REF: "refs/heads/main", GITHUB_SHA: SHA },
      [main],
    ],
    // Gitea and Forgejo Actions build the head, whose first parent is the author's.
    ["GitHub Actions", { ...github, GITEA_ACTIONS: "true", GITHUB_REF: "refs/pull/7/head", GITHUB_SHA: SHA }, [main]],
    [
      "GitHub's merge queue",
      {
        GITHUB_ACTIONS: "true",
        GITHUB_EVENT_NAME: "merge_group",
        GITHUB_REF: `refs/heads/gh-readonly-queue/a/b/pr-7-${SHA}`,
      },
      ["refs/remotes/origin/a/b"],
    ],
    [
      "GitLab CI",
      {
        GITLAB_CI: "true",
        CI_MERGE_REQUEST_IID: "7",
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
        CI_MERGE_REQUEST_TARGET_BRANCH_SHA: SHA,
        CI_MERGE_REQUEST_DIFF_BASE_SHA: "f".repeat(40),
      },
      [SHA, main],
    ],
    [
      "GitLab CI",
      {
        GITLAB_CI: "true",
        CI_MERGE_REQUEST_IID: "7",
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
        CI_MERGE_REQUEST_TARGET_BRANCH_SHA: "",
      },
      [main],
    ],
    [
      "Bitbucket Pipelines",
      {
        BITBUCKET_PR_ID: "7",
        BITBUCKET_PR_DESTINATION_BRANCH: "main",
        BITBUCKET_PR_DESTINATION_COMMIT: SHA.slice(0, 12),
      },
      [SHA.slice(0, 12), main],
    ],
    [
      "Azure Pipelines",
      { TF_BUILD: "True", SYSTEM_PULLREQUEST_PULLREQUESTID: "7", SYSTEM_PULLREQUEST_TARGETBRANCH: "refs/heads/main" },
      [main],
    ],
    ["CircleCI", { CIRCLECI: "true", CIRCLE_PULL_REQUEST: "https://git.example/a/b/pull/7" }, []],
    [
      "Buildkite",
      { BUILDKITE: "true", BUILDKITE_PULL_REQUEST: "7", BUILDKITE_PULL_REQUEST_BASE_BRANCH: "main" },
      [main],
    ],
    ["Travis CI", { TRAVIS: "true", TRAVIS_PULL_REQUEST: "7", TRAVIS_BRANCH: "main" }, [main]],
    ["AppVeyor", { APPVEYOR: "True", APPVEYOR_PULL_REQUEST_NUMBER: "7", APPVEYOR_REPO_BRANCH: "main" }, [main]],
    ["Drone", { DRONE: "true", DRONE_PULL_REQUEST: "7", DRONE_TARGET_BRANCH: "main" }, [main]],
    ["Woodpecker CI", { CI: "woodpecker", CI_COMMIT_PULL_REQUEST: "7", CI_COMMIT_TARGET_BRANCH: "main" }, [main]],
    ["Jenkins", { JENKINS_URL: "https://ci.example/", CHANGE_ID: "7", CHANGE_TARGET: "main" }, [main]],
  ];
  for (const [service, variables, refs] of cases) {
    test(`${service}: ${refs.join(", ") || "not said"}`, () =>
      assert.deepEqual(namedBase(variables), { service, refs }));
  }

  test("builds of a branch, and no CI system at all", () => {
    for (const variables of [
      {},
      { CI: "true" },
      { GITHUB_ACTIONS: "true", GITHUB_BASE_REF: "", GITHUB_EVENT_NAME: "push", GITHUB_SHA: SHA },
      { GITLAB_CI: "true", CI_COMMIT_SHA: SHA },
      { BUILDKITE: "true", BUILDKITE_PULL_REQUEST: "false", BUILDKITE_PULL_REQUEST_BASE_BRANCH: "" },
      { TRAVIS: "true", TRAVIS_PULL_REQUEST: "false", TRAVIS_BRANCH: "main" },
      { CIRCLECI: "true", CIRCLE_BRANCH: "main" },
      { TF_BUILD: "True", BUILD_SOURCEBRANCH: "refs/heads/main" },
      { DRONE: "true", DRONE_TARGET_BRANCH: "main" },
      { JENKINS_URL: "https://ci.example/" },
    ]) {
      assert.equal(namedBase(variables), null, JSON.stringify(variables));
    }
  });
});

describe("whose trust store judges", () => {
  const world = realWorld();
  after(() => world.workers.close());
  const now = Date.UTC(2026, 10, 21);
  let folder = temporary();
  let root = "";
  let first = "";
  const STORE = ".secure-install";
  const trust = (more: object = {}): string => `${JSON.stringify({ format: 1, ...more }, null, 2)}\n`;
  const rule = { select: "npm:lib", require: ["provenance"], reason: "it has it" };

  beforeEach(() => {
    folder = temporary();
    root = join(folder.path, "repository");
    mkdirSync(root);
    writeFiles(root, {
      "package.json": "{}",
      [`${STORE}/trust.json`]: trust({ rules: [rule] }),
      [`${STORE}/README.md`]: "why",
    });
    first = initialize(root);
    git(root, "update-ref", "refs/remotes/origin/main", first);
    git(root, "switch", "--quiet", "--create", "topic");
  });
  afterEach(() => folder.remove());

  interface How extends Partial<BaseRequest> {
    readonly env?: Readonly<Record<string, string>>;
    readonly project?: string;
    readonly directory?: string;
    readonly world?: World;
  }
  const judge = ({
    ref = null,
    find = true,
    env = {},
    project = root,
    directory,
    ...how
  }: How = {}): Promise<Judge> => {
    const environment = { ...world.environment, variables: { PATH: process.env.PATH, ...env } };
    const place = { project, directory: directory ?? null, builtinOnly: false };
    return openJudge({ ...(how.world ?? world), environment }, place, { ref, find }, now);
  };
  const stops = (how: How): Promise<StopError> => stoppedLater(judge(how));
  const told = ({ findings }: Judge): string[] =>
    findings.map(({ code, severity, says }) => `${code} ${severity} ${says}`);
  const onGitLab = { GITLAB_CI: "true", CI_MERGE_REQUEST_IID: "7", CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main" };
  const widen = (): void => {
    writeFiles(root, { [`${STORE}/trust.json`]: trust() });
    commitAll(root);
  };

  const observed = (version: string, reviewed = false, digest = "a"): string =>
    observationLine({
      ...({ ecosystem: "npm", name: "lib", version, registry: "npmjs", evidence: [], signers: [] } as const),
      ...{ publisher: null, source: null, published: null, seen: now, reviewed },
      digest: { algorithm: "sha512", hex: digest.repeat(128) },
    });
  const observing = (...lines: readonly string[]): void =>
    writeFiles(root, { [`${STORE}/observed.lock`]: lines.map((line) => `${line}\n`).join("") });

  test("without a base, the store on the disk, and nothing to say", async () => {
    const { trust: store, onDisk, commit, findings } = await judge();
    assert.equal(store, onDisk);
    assert.deepEqual([commit, findings], [null, []]);
  });

  test("with a base, the store that stands there, whatever lies on the disk", async () => {
    widen();
    const judged = await judge({ ref: "origin/main" });
    assert.equal(judged.trust.rules.length, 1);
    assert.equal(judged.onDisk.rules.length, 0);
    assert.equal(judged.commit, first);
    const [base, change] = told(judged);
    assert.match(base ?? "", /^TRUST_BASE warn The trust store of origin\/main judged \(commit [0-9a-f]{40}\), not/);
    assert.match(change ?? "", /^TRUST_CHANGED warn WEAKER: rules/);
  });

  test("nothing changed: one note", async () => {
    writeFiles(root, {
      [`${STORE}/README.md`]: "why not",
      [`${STORE}/.gitattributes`]: "x",
      "package.json": '{"a":1}',
    });
    commitAll(root);
    const judged = await judge({ env: onGitLab });
    assert.equal(judged.commit, first);
    assert.deepEqual(
      judged.findings.map(({ code, severity }) => [code, severity]),
      [["TRUST_BASE", "note"]],
    );
    assert.match(judged.findings[0]?.says ?? "", /refs\/remotes\/origin\/main \(GitLab CI\)/);
  });

  test("only spelled otherwise: the base judges, and nothing is told", async () => {
    writeFiles(root, { [`${STORE}/trust.json`]: JSON.stringify({ rules: [rule], format: 1 }) });
    const judged = await judge({ ref: "origin/main" });
    assert.deepEqual([judged.commit, judged.findings.length], [first, 1]);
  });

  test("the CI system is asked by those who look for it only", async () => {
    widen();
    assert.equal((await judge({ find: false, env: onGitLab })).commit, null);
    assert.equal((await judge({ env: onGitLab })).commit, first);
    assert.equal((await judge({ find: false, ref: "origin/main", env: {} })).commit, first);
  });

  test("GitHub's merge commit: its first parent judges, not what the author made the first parent of theirs", async () => {
    widen();
    const topic = git(root, "rev-parse", "HEAD");
    git(root, "switch", "--quiet", "--detach", first);
    git(root, "merge", "--quiet", "--no-ff", "--no-edit", topic);
    const merge = git(root, "rev-parse", "HEAD");
    git(root, "update-ref", "-d", "refs/remotes/origin/main");
    const github = { GITHUB_ACTIONS: "true", GITHUB_BASE_REF: "main", GITHUB_EVENT_NAME: "pull_request" };
    const judged = await judge({ env: { ...github, GITHUB_REF: "refs/pull/7/merge", GITHUB_SHA: merge } });
    assert.deepEqual([judged.commit, judged.trust.rules.length], [first, 1]);
    assert.equal(
      (await stops({ env: { ...github, GITHUB_REF: "refs/pull/7/head", GITHUB_SHA: topic } })).code,
      "TRUST_BASE_MISSING",
    );
  });

  test("a branch that has moved on is not undone by a change that leaves the store alone", async () => {
    writeFiles(root, { "package.json": '{"a":1}' });
    const topic = commitAll(root);
    git(root, "switch", "--quiet", "main");
    writeFiles(root, { [`${STORE}/deny.json`]: trust({ deny: [{ select: "npm:evil", reason: "malware" }] }) });
    git(root, "update-ref", "refs/remotes/origin/main", commitAll(root));
    git(root, "switch", "--quiet", "topic");
    assert.equal(git(root, "rev-parse", "HEAD"), topic);
    const judged = await judge({ ref: "origin/main" });
    assert.deepEqual([judged.trust.denials.length, judged.onDisk.denials.length], [1, 0]);
    assert.deepEqual(
      judged.findings.map(({ severity }) => severity),
      ["note"],
    );
    // What it touches is told, and no more: a merge would undo nothing of the rest.
    widen();
    const touched = told(await judge({ ref: "origin/main" })).join("\n");
    assert.match(touched, /TRUST_CHANGED warn WEAKER: rules/);
    assert.doesNotMatch(touched, /den(y|ial)/);
  });

  /** Goes on on `main` from where `topic` forked off, and comes back. */
  const moveOn = (files: Readonly<Record<string, string>>): string => {
    git(root, "switch", "--quiet", "main");
    writeFiles(root, files);
    const tip = commitAll(root);
    git(root, "update-ref", "refs/remotes/origin/main", tip);
    git(root, "switch", "--quiet", "topic");
    return tip;
  };

  test("a branch from before there was a store has deleted none", async () => {
    git(root, "switch", "--quiet", "--orphan", "old");
    writeFiles(root, { "package.json": "{}" });
    commitAll(root);
    git(root, "branch", "--quiet", "--force", "main");
    git(root, "branch", "--quiet", "--force", "topic");
    moveOn({ [`${STORE}/trust.json`]: trust({ rules: [rule] }) });
    const judged = await judge({ ref: "origin/main" });
    assert.equal(judged.trust.rules.length, 1);
    assert.deepEqual(
      judged.findings.map(({ code, severity }) => `${code} ${severity}`),
      ["TRUST_BASE note"],
    );
  });

  test("a bot's branch that lags behind, and has appended an observation, has removed none", async () => {
    observing(observed("1.0.0"));
    commitAll(root);
    git(root, "branch", "--quiet", "--force", "main");
    observing(observed("1.0.0"), observed("1.1.0"));
    commitAll(root);
    moveOn({
      [`${STORE}/observed.lock`]: `${observed("1.0.0")}\n${observed("1.2.0")}\n`,
      [`${STORE}/deny.json`]: trust({ deny: [{ select: "npm:evil", reason: "malware" }] }),
    });
    const judged = await judge({ ref: "origin/main" });
    assert.equal(told(judged).length, 1, told(judged).join("\n"));
    observing(observed("1.1.0"));
    commitAll(root);
    assert.match(told(await judge({ ref: "origin/main" })).join("\n"), /refuse WEAKER: observed.lock: .*lib@1\.0\.0/);
  });

  test("a history that is cut off does not let an old commit pass for the fork: the store that it reverts is told", async () => {
    const lax = moveOn({ [`${STORE}/trust.json`]: trust() });
    moveOn({ [`${STORE}/trust.json`]: trust({ rules: [rule] }) });
    git(root, "switch", "--quiet", "--force-create", "topic", "main");
    for (let at = 0; at < 8; at += 1) commitAll(root, `step ${at}`);
    const long = git(root, "rev-parse", "HEAD");
    writeFiles(root, { [`${STORE}/trust.json`]: trust() });
    git(root, "add", "--all");
    const tree = git(root, "write-tree");
    const evil = git(root, "commit-tree", tree, "-p", long, "-p", lax, "-m", "merge");
    git(root, "reset", "--quiet", "--hard", evil);
    moveOn({ "package.json": '{"a":1}' });
    const clone = join(folder.path, "clone");
    git(folder.path, "clone", "--quiet", "--no-single-branch", "--depth=6", "--branch=topic", `file://${root}`, clone);
    assert.equal(git(clone, "merge-base", "--all", "origin/main", "HEAD"), lax);
    const judged = await judge({ project: clone, ref: "origin/main" });
    assert.match(told(judged).join("\n"), /TRUST_CHANGED warn WEAKER: rules/);
  });

  test("a tag with the name of the commit that the CI system names does not judge", async () => {
    widen();
    const env = { BITBUCKET_PR_ID: "7", BITBUCKET_PR_DESTINATION_BRANCH: "main" };
    const short = first.slice(0, 12);
    git(root, "tag", short, "HEAD");
    const judged = await judge({ env: { ...env, BITBUCKET_PR_DESTINATION_COMMIT: short } });
    assert.deepEqual([judged.commit, judged.trust.rules.length], [first, 1]);
    const absent = "0123456789ab";
    git(root, "tag", absent, "HEAD");
    const other = await judge({ env: { ...env, BITBUCKET_PR_DESTINATION_COMMIT: absent } });
    assert.deepEqual([other.commit, other.trust.rules.length], [first, 1]);
    // Whoever types it may mean either.
    assert.equal((await stops({ ref: short })).code, "USAGE");
  });

  test("no store on the base yet: that of the change judges, and says so", async () => {
    git(root, "switch", "--quiet", "--orphan", "empty");
    const empty = commitAll(root, "nothing");
    git(root, "switch", "--quiet", "topic");
    const judged = await judge({ ref: empty });
    assert.deepEqual([judged.commit, judged.trust], [null, judged.onDisk]);
    assert.match(told(judged).join(), /TRUST_BASE warn There is no trust store at [0-9a-f]+ yet/);
    git(root, "switch", "--quiet", "empty");
    assert.deepEqual((await judge({ ref: empty })).findings, []);
  });

  test("the store deleted: refused, and the base judges", async () => {
    rmSync(join(root, STORE), { recursive: true });
    commitAll(root);
    const judged = await judge({ env: onGitLab });
    assert.deepEqual([judged.commit, judged.trust.rules.length], [first, 1]);
    assert.match(told(judged).join("\n"), /TRUST_CHANGED refuse WEAKER: .secure-install: .*is gone/);
  });

  test("a base that is named and can't be had stops the run, and says how to fetch it", async () => {
    for (const how of [
      { ref: "origin/other" },
      { env: { ...onGitLab, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "other" } },
      { env: { ...onGitLab, CI_MERGE_REQUEST_TARGET_BRANCH_SHA: SHA, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "other" } },
    ]) {
      const error = await stops(how);
      assert.equal(error.code, "TRUST_BASE_MISSING");
      assert.match(error.help, /git fetch --depth=1 origin \+refs\/heads\/other:refs\/remotes\/origin\/other/);
    }
    const hostile = await stops({ env: { ...onGitLab, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "a;touch$IFS/x" } });
    assert.doesNotMatch(hostile.help, /touch/);
  });

  test("a CI system that does not say where it goes", async () => {
    const judged = await judge({ env: { CIRCLECI: "true", CIRCLE_PULL_REQUEST: "https://git.example/a/b/pull/7" } });
    assert.equal(judged.commit, null);
    assert.match(told(judged).join(), /TRUST_BASE warn CircleCI builds a pull request, and does not say where it goes/);
  });

  test("outside of a repository", async () => {
    const outside = join(folder.path, "outside");
    mkdirSync(outside);
    assert.equal((await stops({ project: outside, env: onGitLab })).code, "TRUST_BASE_MISSING");
    assert.equal((await stops({ project: outside, ref: "main" })).code, "TRUST_BASE_MISSING");
  });

  test("a folder of the repository made a repository of its own does not bring its own branch", async () => {
    const inner = join(root, "app");
    writeFiles(inner, { [`${STORE}/trust.json`]: trust() });
    git(inner, "update-ref", "refs/remotes/origin/main", initialize(inner));
    const error = await stops({ project: inner, env: onGitLab });
    assert.equal(error.code, "TRUST_BASE_MISSING");
    assert.match(error.message, /another repository inside of it/);
  });

  test("a lockfile in a folder below is judged by the root's store at the base", async () => {
    writeFiles(root, { "app/package.json": "{}" });
    widen();
    const judged = await judge({ project: join(root, "app"), ref: "origin/main" });
    assert.deepEqual([judged.commit, judged.trust.rules.length], [first, 1]);
  });

  test("a store below the root, here or at the base", async () => {
    const app = join(root, "app");
    writeFiles(root, { [`app/${STORE}/trust.json`]: trust() });
    const nested = commitAll(root);
    assert.equal((await stops({ project: app, ref: "origin/main" })).code, "TRUST_NESTED");
    rmSync(join(app, STORE), { recursive: true });
    writeFiles(root, { "app/package.json": "{}" });
    commitAll(root);
    assert.equal((await judge({ project: app, ref: "origin/main" })).commit, first);
    assert.equal((await stops({ project: app, ref: nested })).code, "TRUST_NESTED");
  });

  test("--trust: a folder of the repository stands at the base as well; one outside judges as it is", async () => {
    writeFiles(root, { "config/trust/trust.json": trust({ rules: [rule] }) });
    const base = commitAll(root);
    writeFiles(root, { "config/trust/trust.json": trust() });
    const directory = join(root, "config", "trust");
    const judged = await judge({ directory, ref: base });
    assert.deepEqual([judged.commit, judged.trust.rules.length], [base, 1]);
    const outside = join(folder.path, "elsewhere");
    writeFiles(outside, { "trust.json": trust() });
    const error = await stops({ directory: outside, ref: base });
    assert.equal(error.code, "USAGE");
    const protectedStore = await judge({ directory: outside, env: onGitLab });
    assert.deepEqual([protectedStore.commit, protectedStore.findings], [null, []]);
  });

  test("a folder above the named store that has become a link", async () => {
    writeFiles(root, { "config/trust/trust.json": trust({ rules: [rule] }) });
    const base = commitAll(root);
    writeFiles(root, { "evil/trust/trust.json": trust() });
    renameSync(join(root, "config"), join(root, "old"));
    symlinkSync("evil", join(root, "config"));
    assert.equal((await stops({ directory: join(root, "config", "trust"), ref: base })).code, "TRUST_MALFORMED");
  });

  test("a store that is malformed at the base says that it is the base's", async () => {
    writeFiles(root, { [`${STORE}/trust.json`]: '{\n  "format": 7\n}' });
    const broken = commitAll(root);
    widen();
    const error = await stops({ ref: broken });
    assert.equal(error.code, "TRUST_MALFORMED");
    assert.equal(error.at, `${broken.slice(0, 12)}:trust.json:2:13`);
    assert.match(error.message, new RegExp(`^At ${broken}: "format" is 7`));
  });

  test("observations: added ones pass and do not judge; edited, removed or reviewed ones are told", async () => {
    observing(observed("1.0.0"), observed("1.1.0"));
    const base = commitAll(root);
    observing(observed("1.0.0"), observed("1.1.0"), observed("2.0.0"));
    const added = await judge({ ref: base });
    assert.equal(added.findings.length, 1, told(added).join("\n"));
    assert.equal(added.trust.observations.get("npm:lib")?.length, 2);
    for (const lines of [[observed("1.0.0")], [observed("1.0.0"), observed("1.1.0", false, "b")], []]) {
      observing(...lines);
      const judged = await judge({ ref: base });
      assert.match(told(judged).join("\n"), /TRUST_CHANGED refuse WEAKER: observed.lock/, lines.join());
      assert.equal(judged.trust.observations.get("npm:lib")?.length, 2);
    }
    rmSync(join(root, STORE, "observed.lock"));
    assert.match(told(await judge({ ref: base })).join("\n"), /TRUST_CHANGED refuse WEAKER: observed.lock/);
    observing(observed("1.0.0"), observed("1.1.0"), observed("2.0.0", true));
    const reviewed = told(await judge({ ref: base })).join("\n");
    assert.match(reviewed, /TRUST_CHANGED warn WEAKER: observed.lock/);
  });

  test("what owners sign names both states, and nothing that bots may add", () => {
    const files = (more: Readonly<Record<string, string>> = {}) =>
      new Map(
        Object.entries({ "trust.json": trust(), ...more }).map(([name, text]) => [name, Buffer.from(text)] as const),
      );
    const plain = decisionsDigest(files());
    const sameAs = (more: Readonly<Record<string, string>>): boolean => decisionsDigest(files(more)) === plain;
    assert.ok(sameAs({ "observed.lock": `${observed("1.0.0")}\n` }));
    assert.ok(sameAs({ "signatures/x.sig": "x" }));
    assert.ok(sameAs({ "trust.json": trust().replaceAll("\n", "\r\n") }));
    assert.ok(!sameAs({ "observed.lock": `${observed("1.0.0", true)}\n` }));
    assert.ok(!sameAs({ "deny.json": trust({ deny: [] }) }));
    assert.ok(!sameAs({ "keys/x.asc": "x" }));
    assert.ok(!sameAs({ "trust.json": trust({ rules: [] }) }));
    const lines = stepMessage(files(), files({ "deny.json": "" }))
      .toString()
      .split("\n");
    assert.deepEqual(lines.slice(0, 3), ["secure-install trust store", "format 1", `from sha256:${plain}`]);
    assert.match(lines[3] ?? "", /^to sha256:[0-9a-f]{64}$/);
    assert.deepEqual(lines.slice(4), [""]);
  });
});
