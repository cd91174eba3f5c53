/** `secure-install trust deny <selector> --reason TEXT`: what never passes, from now on. */
import { StopError } from "../model/finding.js";
import { parseSelector } from "../model/selector.js";
import type { World } from "../model/world.js";
import { changeStore } from "../pipeline/store-change.js";
import type { Edit } from "../trust/edit.js";
import { withEdits } from "../trust/edit-file.js";
import { readDenials } from "../trust/exceptions.js";
import { placeOf, reasonOf, say, type WritingFlags } from "./trust-writing.js";

/** Throws StopError: USAGE; what changeStore throws. */
export async function trustDeny(world: World, selector: string, flags: WritingFlags): Promise<number> {
  const select = selectorOf(selector);
  const reason = reasonOf(flags);
  const result = await changeStore(world, placeOf(world, flags), (files) => {
    const bytes = files.get("deny.json");
    const denials = bytes === undefined ? [] : readDenials(bytes);
    const at = denials.findIndex((denial) => denial.select.text === select);
    const edit: Edit =
      at < 0
        ? { op: "append", path: ["deny"], value: { select, reason } }
        : { op: "set", path: ["deny", at, "reason"], value: reason };
    return withEdits(files, "deny.json", [edit]);
  });
  const isNew = result.changed.length > 0;
  const lines = [isNew ? `${select} is denied: ${reason}` : `${select} was denied already, for this reason.`];
  say(world, flags, result, { command: "trust deny", lines, more: { select, reason } });
  return 0;
}

function selectorOf(text: string): string {
  const result = parseSelector(text);
  const help = 'A selector is written like "npm:name", "npm:@scope/*" or "npm:name@>=2.0.0".';
  if (!result.ok) throw new StopError("USAGE", result.why, { help });
  if (!/^[\x20-\x7e]{1,512}$/.test(text)) {
    throw new StopError("USAGE", "the selector holds a character that no selector has, or is too long", { help });
  }
  return text;
}
