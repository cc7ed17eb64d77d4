export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'fence' | 'recovery';

export interface Violation {
  readonly invariant: Invariant;
  /** In ms since the run began. */
  readonly atMs: number;
  readonly what: string;
  /** Headers, directory entries and the like, for whoever looks for the cause. */
  readonly evidence: unknown;
}

/** Past so many, the first ones tell more than further ones. */
const MOST_KEPT = 200;

/** What did not hold. A run goes on past the first, since others may show the cause. */
export class Violations {
  readonly kept: Violation[] = [];
  readonly counts = new Map<Invariant, number>();

  constructor(private readonly startedAtMs: number) {}

  add(invariant: Invariant, what: string, evidence: unknown = undefined): void {
    this.counts.set(invariant, (this.counts.get(invariant) ?? 0) + 1);
    if (this.kept.length < MOST_KEPT)
      this.kept.push({ invariant, atMs: Date.now() - this.startedAtMs, what, evidence });
  }

  get none(): boolean {
    return this.counts.size === 0;
  }
}
