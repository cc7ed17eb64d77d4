import type { GatewayReply, SentFrame } from '@hexfleet/ping-client';
import type { WirePing } from '@hexfleet/wire';
import type { HygieneOracle, OracleVerdict } from './hygiene-oracle.js';

/** A ping of which the gateway said something else than the oracle. */
export interface UnlikePing {
  readonly ping: WirePing;
  readonly gateway: string;
  readonly oracle: OracleVerdict;
}

interface JudgedFrame {
  readonly sent: SentFrame;
  readonly reply: GatewayReply;
  readonly answeredAtMs: number;
}

/**
 * Frames and what a gateway said of their pings, to be held against the oracle: give `note` to one lane, or to several
 * with each driver in one, as `onReply`, and compare when all is answered.
 *
 * A coalesced ping passed the hygiene and counts as accepted. The gateway judges age when it receives a frame, which is
 * between leaving and answer; a ping that crosses a bound in that time may be judged either way, and the gateway's word
 * is taken for when that was.
 */
export class JudgedFrames {
  readonly #frames: JudgedFrame[] = [];

  readonly note = (sent: SentFrame, reply: GatewayReply): void => {
    this.#frames.push({ sent, reply, answeredAtMs: Date.now() });
  };

  /** How many pings the oracle judged alike, by verdict, and those it did not. Pings without a verdict are left out. */
  compare(oracle: HygieneOracle): {
    readonly alike: ReadonlyMap<OracleVerdict, number>;
    readonly unlike: UnlikePing[];
  } {
    const alike = new Map<OracleVerdict, number>();
    const unlike: UnlikePing[] = [];
    for (const { sent, reply, answeredAtMs } of this.#frames.toSorted((a, b) => a.sent.frame - b.sent.frame)) {
      if (reply.kind !== 'answered') continue;
      const results = new Map(reply.answer.results.map((result) => [result.index, result]));
      sent.pings.forEach((ping, index) => {
        const { outcome = 'accepted', code } = results.get(index) ?? {};
        if (outcome === 'unavailable' || outcome === 'shed') return;
        const gateway = outcome === 'rejected' ? (code ?? 'no code') : 'accepted';
        const isLate = gateway === 'too_old' || (gateway !== 'future' && ping.capturedAtMs > sent.leftAtMs);
        const verdict = oracle.judge(ping, isLate ? answeredAtMs : sent.leftAtMs);
        if (verdict === gateway) alike.set(verdict, (alike.get(verdict) ?? 0) + 1);
        else unlike.push({ ping, gateway, oracle: verdict });
      });
    }
    return { alike, unlike };
  }
}
