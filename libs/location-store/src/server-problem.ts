/** Writers need more of a server than readers do. */
export type StoreRole = 'writer' | 'reader';

/**
 * `refuse`: it can't work until somebody changes something. `failing`: it doesn't work now, and may by itself. `degraded`: it
 * works, and what it holds is at risk.
 */
export type Severity = 'refuse' | 'failing' | 'degraded';

/** What is wrong with a server, in words that follow its name and tell what to do. */
export interface ServerProblem {
  /** One problem may show in several ways, and is told once. */
  readonly kind: string;
  readonly severity: Severity;
  readonly text: string;
}

const RANKS: readonly Severity[] = ['degraded', 'failing', 'refuse'];

/** One of each kind, the gravest first; among equals the earlier. */
export function ranked(problems: readonly ServerProblem[]): ServerProblem[] {
  const byRank = [...problems].sort((a, b) => RANKS.indexOf(b.severity) - RANKS.indexOf(a.severity));
  const kinds = new Set<string>();
  return byRank.filter(({ kind }) => {
    if (kinds.has(kind)) return false;
    kinds.add(kind);
    return true;
  });
}
