/** What npm's two attestations say (in-toto statements), word for word as npm's client and registry write them. */
import type { Build } from "./build.js";

export const SLSA_V1 = "https://slsa.dev/provenance/v1";
export const SLSA_V02 = "https://slsa.dev/provenance/v0.2";
export const PUBLISH = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1";

/** Which bytes, under which name. */
export interface Subject {
  readonly name: string;
  readonly version: string;
  /** Hex. */
  readonly sha512: string;
}

export interface ProvenanceContent extends Subject {
  readonly build: Build;
  /** What the system's own client writes today, unless given: v1 from GitHub, v0.2 from GitLab. */
  readonly predicateType?: typeof SLSA_V1 | typeof SLSA_V02;
}

/** Not read-only, and of any content: a lie is an assignment before it is signed. */
export interface Statement {
  _type: string;
  subject: { name: string; digest: Record<string, string> }[];
  predicateType: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests write lies into any depth of it
  predicate: any;
}

const STATEMENT_V1 = "https://in-toto.io/Statement/v1";
const STATEMENT_V01 = "https://in-toto.io/Statement/v0.1";

/** Where the package was built, as its build says itself. `more` goes over the statement. */
export function provenanceStatement(content: ProvenanceContent, more: Partial<Statement> = {}): Statement {
  const { build, predicateType = build.system === "github" ? SLSA_V1 : SLSA_V02 } = content;
  const predicate =
    predicateType === SLSA_V1 ? slsaV1(build) : build.system === "github" ? githubV02(build) : gitlabV02(build);
  const type = predicateType === SLSA_V1 ? STATEMENT_V1 : STATEMENT_V01;
  return { _type: type, subject: [subjectOf(content)], predicateType, predicate, ...more };
}

/** That a registry took the package in. Its address stands there without a slash at the end. */
export function publishStatement(
  { registry, ...subject }: Subject & { readonly registry: string },
  more: Partial<Statement> = {},
): Statement {
  const { name, version } = subject;
  return {
    _type: STATEMENT_V01,
    subject: [subjectOf(subject)],
    predicateType: PUBLISH,
    predicate: { name, version, registry: registry.replace(/\/$/, "") },
    ...more,
  };
}

/** The package URL under which npm's attestations speak of a version: the at sign of a scope is encoded. */
export function packageUrl(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

function subjectOf({ name, version, sha512 }: Subject): Statement["subject"][number] {
  return { name: packageUrl(name, version), digest: { sha512 } };
}

function slsaV1(build: Build) {
  const { ref, repository, workflow, trigger, repositoryId, ownerId, commit, runner, run } = build;
  return {
    buildDefinition: {
      buildType: "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
      externalParameters: { workflow: { ref, repository, path: workflow } },
      internalParameters: {
        github: { event_name: trigger, repository_id: repositoryId, repository_owner_id: ownerId },
      },
      resolvedDependencies: [{ uri: `git+${repository}@${ref}`, digest: { gitCommit: commit } }],
    },
    runDetails: {
      builder: { id: `https://github.com/actions/runner/${runner}` },
      metadata: { invocationId: run },
    },
  };
}

function githubV02(build: Build) {
  const { ref, trigger, repositoryId, ownerId, commit, run } = build;
  const [, id = "", attempt = ""] = /\/runs\/([^/]+)\/attempts\/([^/]+)$/.exec(run) ?? [];
  const name = new URL(build.repository).pathname.slice(1);
  return predicateV02(build, {
    buildType: "https://github.com/npm/cli/gha/v2",
    builder: "https://github.com/actions/runner",
    uri: `git+${build.repository}@${ref}`,
    run: `${id}-${attempt}`,
    environment: {
      GITHUB_EVENT_NAME: trigger,
      GITHUB_REF: ref,
      GITHUB_REPOSITORY: name,
      GITHUB_REPOSITORY_ID: repositoryId,
      GITHUB_REPOSITORY_OWNER_ID: ownerId,
      GITHUB_RUN_ATTEMPT: attempt,
      GITHUB_RUN_ID: id,
      GITHUB_SHA: commit,
      GITHUB_WORKFLOW_REF: `${name}/${build.workflow}@${ref}`,
      GITHUB_WORKFLOW_SHA: commit,
    },
  });
}

function gitlabV02(build: Build) {
  const { repository, commit, run, repositoryId, trigger } = build;
  return predicateV02(build, {
    buildType: "https://github.com/npm/cli/gitlab/v0alpha1",
    builder: `${repository}/-/runners/12270845`,
    uri: `git+${repository}`,
    run,
    environment: {
      CI_COMMIT_REF_NAME: build.ref.replace(/^refs\/(tags|heads)\//, ""),
      CI_COMMIT_SHA: commit,
      CI_JOB_URL: run,
      CI_PIPELINE_SOURCE: trigger,
      CI_PROJECT_ID: repositoryId,
      CI_PROJECT_URL: repository,
    },
  });
}

interface PartsV02 {
  readonly buildType: string;
  readonly builder: string;
  readonly uri: string;
  readonly run: string;
  readonly environment: Readonly<Record<string, string>>;
}

function predicateV02({ commit, workflow }: Build, { buildType, builder, uri, run, environment }: PartsV02) {
  const digest = { sha1: commit };
  return {
    buildType,
    builder: { id: builder },
    invocation: { configSource: { uri, digest, entryPoint: workflow }, parameters: {}, environment },
    metadata: {
      buildInvocationId: run,
      completeness: { parameters: false, environment: false, materials: false },
      reproducible: false,
    },
    materials: [{ uri, digest }],
  };
}
