/** Names of publishers: made up where nobody gave one, and refused where the eye would take one for another. */
import { StopError } from "../model/finding.js";
import type { Identity, Publisher } from "../model/policy.js";
import type { Selector } from "../model/selector.js";

/** What fields.ts takes for a name: letters of one alphabet only, so that no two look alike by their script. */
const NAME = /^[A-Za-z0-9@][A-Za-z0-9._@/:+-]{0,99}$/;

/** `lib-author`, `acme-ci`: after the package or the scope. Two people must not become one by a name that was made up. */
export function freeName(
  publishers: readonly Publisher[],
  { select, identity }: { readonly select: Selector; readonly identity: Identity },
): string {
  const stem = select.pattern
    .replace(/\/?\*$/, "")
    .replace(/^@/, "")
    .replaceAll("/", "-");
  const name = `${stem}-${identity.type === "openpgp" ? "author" : "ci"}`;
  if (stem === "" || !NAME.test(name))
    throw new StopError("USAGE", `${select.text} names nobody: name the publisher with --as`);
  if (!publishers.some((publisher) => publisher.name === name)) return name;
  throw new StopError("USAGE", `there is a publisher ${name} already, with another identity`, {
    help: `If this is the same publisher, say so: --as ${name}, or, where one key takes the other's place, secure-install trust rotate ${name}. If not, give another name with --as. Anyone can make a key with any name in it.`,
  });
}

/** Throws StopError USAGE for a name that is none, or that a reader would take for another that is there. */
export function requireName(name: string, publishers: readonly Pick<Publisher, "name">[]): void {
  if (!NAME.test(name) || name in Object.prototype) {
    throw new StopError("USAGE", `"${name}" can't be the name of a publisher`, {
      help: "A name has up to 100 letters from A to Z, digits and . _ @ / : + -, and begins with a letter, a digit or @: letters of other alphabets can look the same.",
    });
  }
  const alike = publishers.find((publisher) => publisher.name !== name && skeleton(publisher.name) === skeleton(name));
  if (alike === undefined) return;
  throw new StopError("USAGE", `"${name}" looks like the publisher "${alike.name}", which is there already`, {
    help: `Write --as ${alike.name} if you mean that one, or choose a name that nobody can take for it.`,
  });
}

/** What the eye makes of a name: capitals, separators, and signs that look the same in many a font are one. */
function skeleton(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
    .replaceAll("0", "o")
    .replaceAll("5", "s")
    .replace(/[1i]/g, "l")
    .replace(/[^a-z0-9]/g, "");
}
