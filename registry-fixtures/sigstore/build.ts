/** Builds that never took place: what a CI system's OIDC token would say of them, and so Fulcio's certificate. */

export interface Build {
  /** Whose token it is; the two have different words for the same things. */
  readonly system: "github" | "gitlab";
  readonly issuer: string;
  /** Who signed: the workflow at its ref, as the certificate's subjectAltName and build signer. */
  readonly san: string;
  /** `https://github.com/acme/lib`. */
  readonly repository: string;
  readonly repositoryId: string;
  /** `https://github.com/acme`. */
  readonly owner: string;
  readonly ownerId: string;
  /** Path in the repository: `.github/workflows/release.yml`. */
  readonly workflow: string;
  /** What the workflow calls itself; only GitHub's old extensions have it. */
  readonly workflowName: string;
  /** The workflow at its ref once more, as the build's configuration: another than `san` where it is reused. */
  readonly config: string;
  readonly ref: string;
  /** SHA-1 of the commit, hex. */
  readonly commit: string;
  readonly runner: string;
  /** `push`, `release`, `pull_request`, `workflow_dispatch`. */
  readonly trigger: string;
  /** Address of the run. */
  readonly run: string;
  readonly visibility: string;
}

/** A release of acme/lib on GitHub, its addresses derived from repository, workflow and ref unless they are given. */
export function githubBuild(more: Partial<Build> = {}): Build {
  const {
    repository = "https://github.com/acme/lib",
    workflow = ".github/workflows/release.yml",
    ref = "refs/tags/v1.0.0",
  } = more;
  const config = `${repository}/${workflow}@${ref}`;
  return {
    system: "github",
    issuer: "https://token.actions.githubusercontent.com",
    san: config,
    repository,
    repositoryId: "700000001",
    owner: ownerOf(repository),
    ownerId: "7000001",
    workflow,
    workflowName: "Release",
    config,
    ref,
    commit: "6e1f3c5a7b9d0e2f4a6c8b0d1e3f5a7c9b0d2e4f",
    runner: "github-hosted",
    trigger: "push",
    run: `${repository}/actions/runs/77/attempts/1`,
    visibility: "public",
    ...more,
  };
}

/** A release of acme/lib on GitLab. Two slashes stand between project and path, since projects lie in groups. */
export function gitlabBuild(more: Partial<Build> = {}): Build {
  const { repository = "https://gitlab.com/acme/lib", workflow = ".gitlab-ci.yml", ref = "refs/tags/v1.0.0" } = more;
  const config = `${repository}//${workflow}@${ref}`;
  return {
    system: "gitlab",
    issuer: "https://gitlab.com",
    san: config,
    repository,
    repositoryId: "40000001",
    owner: ownerOf(repository),
    ownerId: "4000001",
    workflow,
    workflowName: "",
    config,
    ref,
    commit: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
    runner: "gitlab-hosted",
    trigger: "push",
    run: `${repository}/-/jobs/77`,
    visibility: "public",
    ...more,
  };
}

function ownerOf(repository: string): string {
  return repository.slice(0, Math.max(0, repository.lastIndexOf("/")));
}
