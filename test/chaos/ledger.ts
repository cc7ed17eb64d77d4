import type { GatewayReply } from '@hexfleet/ping-client';
import type { WirePing } from '@hexfleet/wire';

export interface Shown {
  readonly lat: number;
  readonly lng: number;
  readonly capturedAtMs: number;
}

interface Sent extends Shown {
  readonly answeredAtMs: number;
}

interface Account {
  newest: Sent | undefined;
  /** Accepted lately, oldest first. */
  readonly accepted: Sent[];
  /** Newer than the newest accepted, and nobody could say whether the stream has them. */
  inDoubt: Sent[];
  lastSentMs: number;
}

const SAME_PLACE_DEG = 1e-6;
/** How far back single pings are remembered. */
const KEPT = 120;

/** What was sent, and what the gateway said of it: all that can be known of a fleet from outside. */
export class Ledger {
  /** Since the run began; by outcome, with `in doubt` for those of which nobody could say. */
  readonly counts = { accepted: 0, coalesced: 0, shed: 0, rejected: 0, inDoubt: 0 };
  readonly rejectedByCode = new Map<string, number>();
  private readonly accounts = new Map<string, Account>();

  note(pings: readonly WirePing[], reply: GatewayReply): void {
    const answeredAtMs = Date.now();
    const failed = new Map(
      reply.kind === 'answered' ? reply.answer.results.map((result) => [result.index, result]) : [],
    );
    for (const [index, { driverId = '', lat, lng, capturedAtMs }] of pings.entries()) {
      const sent = { lat, lng, capturedAtMs, answeredAtMs };
      const account = this.#accountOf(driverId);
      account.lastSentMs = answeredAtMs;
      const result = failed.get(index);
      const outcome = reply.kind === 'answered' ? (result?.outcome ?? 'accepted') : 'unavailable';
      if (outcome === 'accepted') this.#accept(account, sent);
      else if (outcome === 'unavailable') this.#doubt(account, sent);
      else {
        this.counts[outcome]++;
        const code = result?.code;
        if (code !== undefined) this.rejectedByCode.set(code, (this.rejectedByCode.get(code) ?? 0) + 1);
      }
    }
  }

  /** Drivers whose newest accepted ping is at most so old. */
  fresh(nowMs: number, mostMs: number): string[] {
    return [...this.accounts]
      .filter(([, { newest }]) => nowMs - (newest?.capturedAtMs ?? 0) <= mostMs)
      .map(([id]) => id);
  }

  /** Drivers of which nothing was sent for longer than that. */
  silent(nowMs: number, sinceMs: number): string[] {
    return [...this.accounts].filter(([, { lastSentMs }]) => nowMs - lastSentMs > sinceMs).map(([id]) => id);
  }

  newest(driverId: string): Shown | undefined {
    return this.accounts.get(driverId)?.newest;
  }

  lastSentMs(driverId: string): number | undefined {
    return this.accounts.get(driverId)?.lastSentMs;
  }

  /** What a driver's position may rightly be: its newest accepted ping, or a newer one of which nobody could say. */
  mayShow(driverId: string, shown: Shown): boolean {
    const account = this.accounts.get(driverId);
    if (account === undefined) return false;
    const candidates = account.newest === undefined ? account.inDoubt : [...account.inDoubt, account.newest];
    return candidates.some((sent) => isSame(sent, shown));
  }

  /** How long the oldest accepted ping that `shownAtMs` is older than has been accepted: 0 where the newest is shown. */
  lagMs(driverId: string, shownAtMs: number, nowMs: number): number {
    const unseen = this.accounts.get(driverId)?.accepted.find((sent) => sent.capturedAtMs > shownAtMs);
    return unseen === undefined ? 0 : nowMs - unseen.answeredAtMs;
  }

  #accountOf(driverId: string): Account {
    const known = this.accounts.get(driverId);
    if (known !== undefined) return known;
    const account: Account = { newest: undefined, accepted: [], inDoubt: [], lastSentMs: 0 };
    this.accounts.set(driverId, account);
    return account;
  }

  #accept(account: Account, sent: Sent): void {
    this.counts.accepted++;
    account.accepted.push(sent);
    if (account.accepted.length > KEPT) account.accepted.shift();
    if (sent.capturedAtMs < (account.newest?.capturedAtMs ?? 0)) return;
    account.newest = sent;
    account.inDoubt = account.inDoubt.filter(({ capturedAtMs }) => capturedAtMs > sent.capturedAtMs);
  }

  #doubt(account: Account, sent: Sent): void {
    this.counts.inDoubt++;
    if (sent.capturedAtMs > (account.newest?.capturedAtMs ?? 0)) account.inDoubt.push(sent);
    if (account.inDoubt.length > KEPT) account.inDoubt.shift();
  }
}

function isSame(a: Shown, b: Shown): boolean {
  return (
    a.capturedAtMs === b.capturedAtMs &&
    Math.abs(a.lat - b.lat) < SAME_PLACE_DEG &&
    Math.abs(a.lng - b.lng) < SAME_PLACE_DEG
  );
}
