import { type AnswerTally, keepAliveAgent, PingLane, type PingLaneOptions, PingPoster } from '@hexfleet/ping-client';
import type { WirePing } from '@hexfleet/wire';

/** Phones with a wrong clock that are known at a time; past it the longest known are forgotten, and get a new lane. */
const MAX_PHONES = 10_000;
const CONNECTIONS = 32;
/** Of one phone. */
const MAX_QUEUED = 20;

export interface LonePhonesOptions {
  readonly gatewayUrl: string;
  readonly retries: number;
  readonly tally: AnswerTally;
  /** A driver's own token. */
  readonly tokenOf: (driverId: string) => Promise<string>;
  /** Most pings in a request; more than one only when the way is slow. */
  readonly batch?: number;
  readonly onReply?: NonNullable<PingLaneOptions['onReply']>;
}

/**
 * The phones whose clock is minutes off. A fleet's frame has one time of sending for all of its drivers, so these send
 * for themselves, with a token of their own and a `sentAtMs` by their own clock, from which the gateway learns how far
 * it is off.
 */
export class LonePhones {
  readonly #lanes = new Map<string, Promise<PingLane>>();
  readonly #agent;

  constructor(private readonly options: LonePhonesOptions) {
    this.#agent = keepAliveAgent(options.gatewayUrl, CONNECTIONS);
  }

  async push(ping: WirePing & { readonly driverId: string }, clockAheadMs: number): Promise<void> {
    const known = this.#lanes.get(ping.driverId) ?? this.#newLane(ping.driverId, clockAheadMs);
    const lane = await known;
    // A phone without network doesn't keep what it can't send.
    if (lane.isFull) this.options.tally.leftOut(1);
    else lane.push(ping);
  }

  async drained(): Promise<void> {
    for (const lane of await Promise.all(this.#lanes.values())) await lane.drained();
  }

  async close(): Promise<void> {
    for (const lane of await Promise.all(this.#lanes.values())) await lane.close();
    this.#agent.destroy();
  }

  #newLane(driverId: string, clockAheadMs: number): Promise<PingLane> {
    const [longestKnown] = this.#lanes.keys();
    if (this.#lanes.size >= MAX_PHONES && longestKnown !== undefined) this.#lanes.delete(longestKnown);
    const { gatewayUrl, retries, tally, tokenOf, batch = MAX_QUEUED, onReply } = this.options;
    const lane = tokenOf(driverId).then((token) => {
      const carrier = new PingPoster({ gatewayUrl, token, path: '/v1/pings', agent: this.#agent });
      const sentAtMs = () => Date.now() + clockAheadMs;
      const told = onReply !== undefined && { onReply };
      return new PingLane({
        carrier,
        tally,
        retries,
        sentAtMs,
        batch,
        windowFrames: 1,
        maxQueued: MAX_QUEUED,
        ...told,
      });
    });
    this.#lanes.set(driverId, lane);
    return lane;
  }
}
