/** The store's flags, and its budget: from the command line, from the environment, or as it is unless set. */
import { StopError } from "../model/finding.js";
import type { Environment } from "../model/world.js";
import { parseSize } from "../report/size.js";

/** As commander gives them. */
export interface StoreFlags {
  readonly json?: boolean;
  /** Bytes; infinite for `none`. */
  readonly budget?: number;
  readonly olderThan?: number;
  readonly dryRun?: boolean;
  readonly verify?: boolean;
  readonly quiet?: boolean;
}

/** Room for some ten thousand packages. */
const DEFAULT_BUDGET = 5_000_000_000;

const VARIABLE = "SECURE_INSTALL_STORE_BUDGET";

/** The budget in bytes that holds unless a flag names another; infinite for none. Throws ENVIRONMENT_UNUSABLE. */
export function defaultBudget(variables: Environment["variables"]): number {
  const text = variables[VARIABLE];
  if (text === undefined || text === "") return DEFAULT_BUDGET;
  const budget = budgetOf(text);
  if (budget !== null) return budget;
  const help = "Set it to a size such as 500MB or 5GB, or to none; or leave it out.";
  throw new StopError("ENVIRONMENT_UNUSABLE", `${VARIABLE} is no size: ${text}`, { at: VARIABLE, help });
}

/** A budget in bytes, infinite for `none`; null for what is no size. */
export function budgetOf(text: string): number | null {
  return text === "none" ? Number.POSITIVE_INFINITY : parseSize(text);
}

/** What can't be read as a budget is told by `store`; a run has other things to say. */
export function budgetOfRuns(variables: Environment["variables"]): number {
  try {
    return defaultBudget(variables);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
