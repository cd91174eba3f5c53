/**
 * Into which branch a pull or merge request goes, by what CI systems say of it in their variables. The tip of that
 * branch is wanted, or the commit that the system has merged with: never the fork point, which the author of a change
 * chooses by where they branch off, so that an old, laxer store would judge.
 */

/** A build of a pull or merge request. */
export interface NamedBase {
  /** Such as `GitHub Actions`. */
  readonly service: string;
  /** Names of the commit, the best first; none where the system does not say which it is. */
  readonly refs: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

interface Service {
  readonly service: string;
  /** Whether this is one of its builds of a pull or merge request. */
  readonly builds: (variables: Variables) => boolean;
  readonly refs: (variables: Variables) => readonly (string | null)[];
}

/** The branch on the server, as a clone knows it; null where none is named. */
const tip = (branch: string | undefined): string | null =>
  branch === undefined || branch === "" ? null : `refs/remotes/origin/${branch.replace(/^refs\/heads\//, "")}`;
const commit = (id: string | undefined): string | null =>
  id !== undefined && /^[0-9a-f]{7,64}$/.test(id) && !/^0+$/.test(id) ? id : null;
const isNumber = (text: string | undefined): boolean => /^\d+$/.test(text ?? "");
const isTrue = (text: string | undefined): boolean => text?.toLowerCase() === "true";

/** Each with the page where its variables are described. */
const SERVICES: readonly Service[] = [
  {
    // docs.github.com/actions/reference/workflows-and-actions/variables. Gitea and Forgejo Actions say the same, but
    // build the head: only of GitHub's own merge commit is the first parent the branch's tip.
    service: "GitHub Actions",
    builds: ({ GITHUB_ACTIONS, GITHUB_BASE_REF }) => isTrue(GITHUB_ACTIONS) && (GITHUB_BASE_REF ?? "") !== "",
    refs: ({ GITHUB_BASE_REF, GITHUB_REF, GITHUB_SHA, GITHUB_EVENT_NAME }) => [
      GITHUB_EVENT_NAME === "pull_request" && /^refs\/pull\/\d+\/merge$/.test(GITHUB_REF ?? "") && commit(GITHUB_SHA)
        ? `${GITHUB_SHA}^1`
        : null,
      tip(GITHUB_BASE_REF),
    ],
  },
  {
    // docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows, under merge_group.
    service: "GitHub's merge queue",
    builds: ({ GITHUB_EVENT_NAME }) => GITHUB_EVENT_NAME === "merge_group",
    refs: ({ GITHUB_REF = "" }) => [tip(/^refs\/heads\/gh-readonly-queue\/(.+)\/[^/]+$/.exec(GITHUB_REF)?.[1])],
  },
  {
    // docs.gitlab.com/ci/variables/predefined_variables. CI_MERGE_REQUEST_DIFF_BASE_SHA is the fork point.
    service: "GitLab CI",
    builds: ({ GITLAB_CI, CI_MERGE_REQUEST_IID }) => isTrue(GITLAB_CI) && isNumber(CI_MERGE_REQUEST_IID),
    refs: ({ CI_MERGE_REQUEST_TARGET_BRANCH_SHA, CI_MERGE_REQUEST_TARGET_BRANCH_NAME }) => [
      commit(CI_MERGE_REQUEST_TARGET_BRANCH_SHA),
      tip(CI_MERGE_REQUEST_TARGET_BRANCH_NAME),
    ],
  },
  {
    // support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets.
    service: "Bitbucket Pipelines",
    builds: ({ BITBUCKET_PR_ID }) => isNumber(BITBUCKET_PR_ID),
    refs: ({ BITBUCKET_PR_DESTINATION_COMMIT, BITBUCKET_PR_DESTINATION_BRANCH }) => [
      commit(BITBUCKET_PR_DESTINATION_COMMIT),
      tip(BITBUCKET_PR_DESTINATION_BRANCH),
    ],
  },
  {
    // learn.microsoft.com/azure/devops/pipelines/build/variables: `refs/heads/main`, or `main` for GitHub's.
    service: "Azure Pipelines",
    builds: ({ TF_BUILD, SYSTEM_PULLREQUEST_PULLREQUESTID }) =>
      isTrue(TF_BUILD) && isNumber(SYSTEM_PULLREQUEST_PULLREQUESTID),
    refs: ({ SYSTEM_PULLREQUEST_TARGETBRANCH }) => [tip(SYSTEM_PULLREQUEST_TARGETBRANCH)],
  },
  {
    // circleci.com/docs/reference/variables: the address of the pull request, and not where it goes.
    service: "CircleCI",
    builds: ({ CIRCLECI, CIRCLE_PULL_REQUEST }) => isTrue(CIRCLECI) && (CIRCLE_PULL_REQUEST ?? "") !== "",
    refs: () => [],
  },
  {
    // buildkite.com/docs/pipelines/configure/environment-variables.
    service: "Buildkite",
    builds: ({ BUILDKITE, BUILDKITE_PULL_REQUEST }) => isTrue(BUILDKITE) && isNumber(BUILDKITE_PULL_REQUEST),
    refs: ({ BUILDKITE_PULL_REQUEST_BASE_BRANCH }) => [tip(BUILDKITE_PULL_REQUEST_BASE_BRANCH)],
  },
  {
    // docs.travis-ci.com/user/environment-variables: for pull requests TRAVIS_BRANCH is the target.
    service: "Travis CI",
    builds: ({ TRAVIS, TRAVIS_PULL_REQUEST }) => isTrue(TRAVIS) && isNumber(TRAVIS_PULL_REQUEST),
    refs: ({ TRAVIS_BRANCH }) => [tip(TRAVIS_BRANCH)],
  },
  {
    // appveyor.com/docs/environment-variables: for pull requests APPVEYOR_REPO_BRANCH is the target.
    service: "AppVeyor",
    builds: ({ APPVEYOR, APPVEYOR_PULL_REQUEST_NUMBER }) => isTrue(APPVEYOR) && isNumber(APPVEYOR_PULL_REQUEST_NUMBER),
    refs: ({ APPVEYOR_REPO_BRANCH }) => [tip(APPVEYOR_REPO_BRANCH)],
  },
  {
    // docs.drone.io/pipeline/environment/reference.
    service: "Drone",
    builds: ({ DRONE, DRONE_PULL_REQUEST }) => isTrue(DRONE) && isNumber(DRONE_PULL_REQUEST),
    refs: ({ DRONE_TARGET_BRANCH }) => [tip(DRONE_TARGET_BRANCH)],
  },
  {
    // woodpecker-ci.org/docs/usage/environment.
    service: "Woodpecker CI",
    builds: ({ CI, CI_COMMIT_PULL_REQUEST }) => CI === "woodpecker" && isNumber(CI_COMMIT_PULL_REQUEST),
    refs: ({ CI_COMMIT_TARGET_BRANCH }) => [tip(CI_COMMIT_TARGET_BRANCH)],
  },
  {
    // jenkins.io/doc/book/pipeline/multibranch, and every controller's /env-vars.html.
    service: "Jenkins",
    builds: ({ JENKINS_URL, CHANGE_ID }) => (JENKINS_URL ?? "") !== "" && (CHANGE_ID ?? "") !== "",
    refs: ({ CHANGE_TARGET }) => [tip(CHANGE_TARGET)],
  },
];

/** What the variables say of a pull or merge request; null where this is no build of one. */
export function namedBase(variables: Variables): NamedBase | null {
  const found = SERVICES.find(({ builds }) => builds(variables));
  if (found === undefined) return null;
  return { service: found.service, refs: found.refs(variables).filter((ref) => ref !== null) };
}
