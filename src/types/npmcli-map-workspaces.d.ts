declare module "@npmcli/map-workspaces" {
  /** Folders (absolute) of a project's workspaces, by the names in their package.json. */
  export default function mapWorkspaces(options: {
    readonly cwd: string;
    readonly pkg: Readonly<Record<string, unknown>>;
  }): Promise<Map<string, string>>;
}
