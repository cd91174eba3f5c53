/** Reading NODE_OPTIONS as node itself does (ParseNodeOptionsEnvVar in node.cc), to see what in it loads code. */

/** What the options in NODE_OPTIONS would do to a process that is started with them. */
export interface NodeOptions {
  /** These run code before anything has been verified, as they were written. */
  readonly loading: readonly string[];
  /** These make TLS, or the reading of HTTP, weaker. */
  readonly weakening: readonly string[];
  /** All others: memory, debugging, warnings. */
  readonly other: readonly string[];
}

const LOADING = new Set([
  "--require",
  "-r",
  "--import",
  "--loader",
  "--experimental-loader",
  "--env-file",
  "--env-file-if-exists",
  "--experimental-config-file",
  "--experimental-default-config-file",
  "--openssl-config",
  "--snapshot-blob",
  "--build-snapshot",
]);
const WEAKENING = new Set([
  "--tls-keylog",
  "--tls-min-v1.0",
  "--tls-min-v1.1",
  "--tls-cipher-list",
  "--security-revert",
  "--insecure-http-parser",
]);

/** Sorts the options of a NODE_OPTIONS variable. Arguments of options, which are no options themselves, are left out. */
export function readNodeOptions(text: string): NodeOptions {
  const loading: string[] = [];
  const weakening: string[] = [];
  const other: string[] = [];
  for (const word of splitWords(text)) {
    if (!word.startsWith("-")) continue;
    const name = nameOf(word);
    if (LOADING.has(name)) loading.push(word);
    else if (WEAKENING.has(name)) weakening.push(word);
    else other.push(word);
  }
  return { loading, weakening, other };
}

/** Node takes `--experimental_loader` for `--experimental-loader`, and a value after `=`. `-r./x` is no option of it. */
function nameOf(word: string): string {
  const name = word.split("=", 1)[0] ?? word;
  return name.startsWith("--") ? name.replaceAll("_", "-") : name;
}

/** Words are parted by spaces; double quotes join, and inside of them a backslash takes the next character as it is. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let word = "";
  let quoted = false;
  let begun = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? "";
    if (character === "\\" && quoted) {
      index++;
      word += text[index] ?? "";
    } else if (/\s/.test(character) && !quoted) {
      if (begun) words.push(word);
      word = "";
      begun = false;
      continue;
    } else if (character === '"') quoted = !quoted;
    else word += character;
    begun = true;
  }
  if (begun) words.push(word);
  return words;
}
