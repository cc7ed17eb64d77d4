/**
 * Writes that only the owner's newest claim can make count. The fence is the name of the keys: a claim renames them, so that
 * a former owner's write, or an own one that was held up, reaches keys which nobody reads and which expire.
 *
 * n counts the writes of the partition. A claim after a doubt tells the name that counted until then. Where that is the name
 * of the write in doubt, nobody else has written in between: it counted if the header shows n, and did not if it shows n − 1.
 * Any other name, or another n, is another base: one that was rolled back, or was emptied and claimed by a former owner.
 */
import type { AdoptReply, ApplyReply, ClaimReply, DriverWrite, Incarnation, OwnerEffect } from './effects.js';
import { ask, type Steps } from './steps.js';
import type { PartitionTotals } from './totals.js';

type BuiltReply = Extract<ClaimReply, { kind: 'built' }>;
type Apply = Extract<OwnerEffect, { kind: 'apply' }>;
type Claimed = Exclude<ClaimReply, { kind: 'outdated' | 'doubt' }>;
export type Write = Omit<Apply, 'kind' | 'incarnation' | 'n'>;

export class FencedKeys {
  private incarnation: Incarnation;
  private lastK = 0;
  private n = 0;

  constructor(private readonly epoch: number) {
    this.incarnation = { epoch, k: 0 };
  }

  /** Takes the keys for the first time, and everything that they hold. */
  *takeOver(): Steps<Claimed> {
    const reply = yield* this.claim(true);
    if (reply.kind === 'built') this.n = reply.n;
    return reply;
  }

  /** `diverged`: the write may or may not lie on a base that is not the one expected; adopt the whole table. */
  *apply(write: Write): Steps<'ok' | 'diverged' | 'fenced'> {
    this.n++;
    for (;;) {
      const { incarnation, n } = this;
      const reply: ApplyReply = yield* ask({ kind: 'apply', incarnation, n, ...write });
      if (reply === 'ok' || reply === 'diverged') return reply;
      const claim = yield* this.claim(false);
      if (claim.kind === 'fenced') return 'fenced';
      if (!wasNamed(claim, incarnation)) return 'diverged';
      if (claim.n === n) return 'ok';
      if (claim.n !== n - 1) return 'diverged';
    }
  }

  /** Replaces all that the partition holds, in one visible step. */
  *adopt(sets: readonly DriverWrite[], totals: PartitionTotals, asOfMs: number): Steps<'ok' | 'fenced'> {
    for (;;) {
      this.n++;
      const to = this.nextIncarnation();
      const reply: AdoptReply = yield* ask({
        kind: 'adopt',
        from: this.incarnation,
        to,
        n: this.n,
        sets,
        totals,
        asOfMs,
      });
      if (reply === 'fenced') return 'fenced';
      if (reply === 'ok') {
        this.incarnation = to;
        return 'ok';
      }
      const claim = yield* this.claim(false);
      if (claim.kind === 'fenced') return 'fenced';
      if (wasNamed(claim, to)) return 'ok';
    }
  }

  private *claim(withRecords: boolean): Steps<Claimed> {
    for (;;) {
      this.incarnation = this.nextIncarnation();
      const reply = yield* ask({ kind: 'claim', incarnation: this.incarnation, withRecords });
      if (reply.kind !== 'outdated' && reply.kind !== 'doubt') return reply;
    }
  }

  private nextIncarnation(): Incarnation {
    this.lastK++;
    return { epoch: this.epoch, k: this.lastK };
  }
}

function wasNamed(claim: ClaimReply, { epoch, k }: Incarnation): claim is BuiltReply {
  return claim.kind === 'built' && claim.before.epoch === epoch && claim.before.k === k;
}
