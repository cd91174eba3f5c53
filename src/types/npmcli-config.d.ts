declare module "@npmcli/config" {
  /** npm's own reader of its settings; only what is used here. */
  export default class Config {
    constructor(options: {
      definitions: unknown;
      shorthands: unknown;
      flatten: unknown;
      nerfDarts: unknown;
      npmPath: string;
      env: Record<string, string | undefined>;
      argv: readonly string[];
      platform: NodeJS.Platform;
      execPath: string;
      cwd: string;
      warn: boolean;
    });
    load(): Promise<void>;
    loadLocalPrefix(): Promise<void>;
    loadProjectConfig(): Promise<void>;
    loadUserConfig(): Promise<void>;
    loadGlobalConfig(): Promise<void>;
    setEnvs(): void;
    validate(where: string): boolean;
    get(key: string, where?: string): unknown;
    localPrefix: string | null;
    readonly definitions: Readonly<Record<string, unknown>>;
    /** By level, lowest first: default, builtin, global, user, project, env, cli. */
    readonly data: ReadonlyMap<
      string,
      {
        /** What the level itself sets, as own properties; the prototype is the level below. */
        readonly data: Record<string, unknown>;
        /** The same before types and variables were put in. */
        readonly raw: Readonly<Record<string, unknown>>;
        /** The path of the file, or words. */
        readonly source: string | null;
      }
    >;
  }
}

declare module "@npmcli/config/lib/definitions/index.js" {
  const all: {
    readonly definitions: unknown;
    readonly shorthands: unknown;
    readonly flatten: unknown;
    readonly nerfDarts: unknown;
  };
  export default all;
}
