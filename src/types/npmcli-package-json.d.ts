declare module "@npmcli/package-json" {
  /** npm's own reader and normaliser of package.json; only what is used here. */
  export default class PackageJson {
    fromContent(content: Record<string, unknown>): PackageJson;
    normalize(options: { steps: readonly string[] }): Promise<PackageJson>;
    readonly content: Record<string, unknown>;
  }
}
