/** A member of trust.json in one line, as it is pasted: `"acme": { "url": "https://…", "home": ["@acme/*"] }`. */

/** A name and its value, on one line, spaced as people space it. */
export function memberLine(name: string, value: unknown): string {
  return `${JSON.stringify(name)}: ${inOneLine(value)}`;
}

function inOneLine(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inOneLine).join(", ")}]`;
  const members = Object.entries(value).map(([key, item]) => memberLine(key, item));
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
