import type { Dice } from './dice.js';

/** What may go wrong in one run, as probabilities a step: some of it only, so that runs differ. */
export interface Weather {
  readonly ownerDeaths: number;
  readonly writerDeaths: number;
  readonly writerStops: number;
  readonly stalls: number;
  /** Take-overs that nobody's turn explains. */
  readonly takeOvers: number;
  readonly partitionWipes: number;
  readonly evictions: number;
  readonly directoryWipes: number;
  readonly rollbacks: number;
  readonly natsWipes: number;
  readonly gatewayDeaths: number;
  readonly jumps: number;
  /** Of a ping. */
  readonly ties: number;
  /** Of a beat. */
  readonly lostBeats: number;
  /** Of a request: held up on its way. */
  readonly lateRequests: number;
  /** Long between pings, so that entries and records come to their end. */
  readonly isSlow: boolean;
  /** How likely another ping follows at once. */
  readonly bursts: number;
  /** How likely a driver is to be in another partition at its next ping. */
  readonly hops: number;
  /** Drivers that fall silent leave what went wrong as it is; those that go on pinging mend it. */
  readonly mostPings: number;
}

export function weatherOf(dice: Dice): Weather {
  // Faults undo what other faults did: few kinds of them, often, show what many would hide.
  const isFocused = dice.chance('weather', 0.5);
  const sometimes = (share: number, rate: number) => {
    if (isFocused) return dice.chance('weather', share / 3) ? 3 * rate : 0;
    return dice.chance('weather', share) ? rate : 0;
  };
  return {
    ownerDeaths: sometimes(0.5, 0.01),
    writerDeaths: sometimes(0.4, 0.004),
    writerStops: sometimes(0.3, 0.003),
    stalls: sometimes(0.6, dice.pick('weather', [0.02, 0.05])),
    takeOvers: sometimes(0.7, 0.012),
    partitionWipes: sometimes(0.25, 0.003),
    evictions: sometimes(0.25, 0.003),
    directoryWipes: sometimes(0.25, 0.003),
    rollbacks: sometimes(0.25, 0.006),
    natsWipes: sometimes(0.25, 0.004),
    gatewayDeaths: sometimes(0.3, 0.004),
    jumps: sometimes(0.35, 0.004),
    ties: dice.chance('weather', 0.3) ? 0.2 : 0,
    lateRequests: dice.pick('weather', [0.05, 0.25]),
    lostBeats: dice.chance('weather', 0.5) ? 0.3 : 0,
    isSlow: dice.chance('weather', 0.25),
    bursts: dice.pick('weather', [0, 0.5]),
    hops: dice.pick('weather', [0.1, 0.3, 0.6, 0.6]),
    mostPings: dice.chance('weather', 0.7) ? 3 + dice.int('weather', 12) : Number.POSITIVE_INFINITY,
  };
}
