import type { PingAnswer } from '@hexfleet/wire';
import type { GatewayReply } from './gateway-reply.js';

/** How many pings ended in what way. `pings` = the eight below it, once nothing is on the way any more. */
export interface TallyCounts {
  /** Pings handed over to be sent. */
  readonly pings: number;
  readonly accepted: number;
  readonly coalesced: number;
  readonly shed: number;
  readonly rejected: number;
  /** The gateway said to the last that it doesn't know. */
  readonly unavailable: number;
  /** No answer came, not even to the last try. */
  readonly unanswered: number;
  /** Their frame was refused as a whole, for a reason that trying again doesn't mend. */
  readonly refused: number;
  /** Never sent: left out because the way was full. */
  readonly skipped: number;
  /** Pings written to the wire, those sent again counted each time. */
  readonly sent: number;
  readonly resent: number;
  readonly frames: number;
  readonly shedByCode: Readonly<Record<string, number>>;
  readonly rejectedByCode: Readonly<Record<string, number>>;
  readonly refusedByCode: Readonly<Record<string, number>>;
}

const COUNTS = [
  'pings',
  'accepted',
  'coalesced',
  'shed',
  'rejected',
  'unavailable',
  'unanswered',
  'refused',
  'skipped',
  'sent',
  'resent',
  'frames',
] as const;

/** Counts what becomes of pings. Several lanes may share one. */
export class AnswerTally {
  readonly #counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Record<(typeof COUNTS)[number], number>;
  readonly #shedByCode = new Map<string, number>();
  readonly #rejectedByCode = new Map<string, number>();
  readonly #refusedByCode = new Map<string, number>();
  #refusal: (GatewayReply & { kind: 'refused' }) | undefined;

  /** The first refusal that trying again doesn't mend, such as that of a token. */
  get refusal(): (GatewayReply & { kind: 'refused' }) | undefined {
    return this.#refusal;
  }

  get counts(): TallyCounts {
    return {
      ...this.#counts,
      shedByCode: Object.fromEntries(this.#shedByCode),
      rejectedByCode: Object.fromEntries(this.#rejectedByCode),
      refusedByCode: Object.fromEntries(this.#refusedByCode),
    };
  }

  /** Pings that have come to their end, whatever it is. */
  get settled(): number {
    const { accepted, coalesced, shed, rejected, unavailable, unanswered, refused, skipped } = this.#counts;
    return accepted + coalesced + shed + rejected + unavailable + unanswered + refused + skipped;
  }

  handedOver(pings: number): void {
    this.#counts.pings += pings;
  }

  /** Pings that had been handed over and came to their end unsent. */
  skipped(pings: number): void {
    this.#counts.skipped += pings;
  }

  /** Pings that were not even handed over, because the way was full. */
  leftOut(pings: number): void {
    this.handedOver(pings);
    this.skipped(pings);
  }

  frameSent(pings: number, areAgain: number): void {
    this.#counts.frames += 1;
    this.#counts.sent += pings;
    this.#counts.resent += areAgain;
  }

  /** Counts an answer, but for the pings that it calls unavailable: those may be sent again. */
  answered(answer: PingAnswer): void {
    this.#counts.accepted += answer.accepted;
    this.#counts.coalesced += answer.coalesced;
    this.#counts.shed += answer.shed;
    this.#counts.rejected += answer.rejected;
    for (const { outcome, code = 'no_code' } of answer.results) {
      if (outcome === 'rejected') count(this.#rejectedByCode, code, 1);
      else if (outcome === 'shed') count(this.#shedByCode, code, 1);
    }
  }

  refused(reply: GatewayReply & { kind: 'refused' }, pings: number): void {
    this.#refusal ??= reply;
    this.#counts.refused += pings;
    count(this.#refusedByCode, reply.code, pings);
  }

  /** Pings whose last try ended without anybody knowing. */
  gaveUp(pings: number, lastSaid: 'unavailable' | 'unanswered'): void {
    this.#counts[lastSaid] += pings;
  }
}

function count(byCode: Map<string, number>, code: string, pings: number): void {
  byCode.set(code, (byCode.get(code) ?? 0) + pings);
}
