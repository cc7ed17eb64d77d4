import { setTimeout as sleep } from 'node:timers/promises';
import { MetricsPage } from './metrics-page.js';
import type { Operator } from './operator.js';
import { quantileOf } from './quantile.js';

/** Four times a second. */
const PERIOD_MS = 250;

/** What the apps told at one moment. Counts are since they started, over all gateways that answered. */
export interface Moment {
  readonly atMs: number;
  /** Of the partitions that hold drivers. */
  readonly lagsSeconds: readonly number[];
  readonly written: number;
  readonly superseded: number;
  readonly expired: number;
  readonly received: number;
  readonly shed: number;
  /** As operators are told: the largest over partitions and gateways. */
  readonly silenceStretch: number;
  /** Of each partition at each gateway. */
  readonly stretches: readonly number[];
  /** The least that a gateway admitted for its own sake: below 1 it is the gateway that is overloaded, not the writer. */
  readonly ownShare: number;
}

/** What happened in a span of time. */
export interface Span {
  readonly seconds: number;
  readonly writtenPerSecond: number;
  readonly offeredPerSecond: number;
  readonly shedShare: number;
  /** Over partitions and time. */
  readonly lagP50Seconds: number;
  readonly lagP95Seconds: number;
  /** The largest that operators were told. */
  readonly silenceStretch: number;
  /** The median over partitions and time. */
  readonly usualStretch: number;
  /** The least of any gateway. Below 1, the machine is too slow for what is offered, and its figures say so. */
  readonly ownShare: number;
}

/** Watches a Hexfleet under load. */
export class PressureWatch {
  readonly moments: Moment[] = [];
  #isOver = false;
  readonly #running: Promise<void>;

  constructor(
    private readonly writerUrl: string,
    private readonly gatewayUrls: readonly string[],
    private readonly operator: Operator,
  ) {
    this.#running = this.#run();
  }

  /** From `fromMs` until now. */
  spanSince(fromMs: number): Span {
    const moments = this.moments.filter(({ atMs }) => atMs >= fromMs);
    const [first, last] = [moments[0], moments.at(-1)];
    if (first === undefined || last === undefined) throw new Error('nothing was told in that time');
    const seconds = Math.max(PERIOD_MS, last.atMs - first.atMs) / 1_000;
    const lags = moments.flatMap(({ lagsSeconds }) => lagsSeconds);
    const received = last.received - first.received;
    return {
      seconds,
      writtenPerSecond: (last.written - first.written) / seconds,
      offeredPerSecond: received / seconds,
      shedShare: received > 0 ? (last.shed - first.shed) / received : 0,
      lagP50Seconds: quantileOf(lags, 0.5),
      lagP95Seconds: quantileOf(lags, 0.95),
      silenceStretch: Math.max(1, ...moments.map(({ silenceStretch }) => silenceStretch)),
      usualStretch: Math.max(
        1,
        quantileOf(
          moments.flatMap(({ stretches }) => stretches),
          0.5,
        ),
      ),
      ownShare: Math.min(1, ...moments.map(({ ownShare }) => ownShare)),
    };
  }

  /** Lets some time go by, and tells what happened in it. */
  async span(seconds: number): Promise<Span> {
    const fromMs = Date.now();
    await sleep(seconds * 1_000);
    return this.spanSince(fromMs);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let dueMs = Date.now(); !this.#isOver; dueMs = Math.max(Date.now(), dueMs + PERIOD_MS)) {
      await sleep(Math.max(0, dueMs - Date.now()));
      await this.#look().catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const atMs = Date.now();
    const [pressure, writer, ...gateways] = await Promise.all([
      this.operator.pressure(),
      MetricsPage.of(this.writerUrl),
      // One that was killed tells nothing.
      ...this.gatewayUrls.map((url) => MetricsPage.of(url).catch(() => new MetricsPage(''))),
    ]);
    const drivers = writer.byPartition('hexfleet_partition_drivers');
    const lags = [...writer.byPartition('hexfleet_partition_lag_seconds')];
    const overGateways = (name: string) => gateways.reduce((sum, gateway) => sum + gateway.sum(name), 0);
    this.moments.push({
      atMs,
      lagsSeconds: lags.filter(([partition]) => (drivers.get(partition) ?? 0) > 0).map(([, seconds]) => seconds),
      written: writer.sum('hexfleet_pings_written_total'),
      superseded: writer.sum('hexfleet_pings_superseded_total'),
      expired: writer.sum('hexfleet_pings_expired_total'),
      received: overGateways('hexfleet_pings_received_total'),
      shed: overGateways('hexfleet_pings_shed_total'),
      silenceStretch: pressure.silenceStretch,
      stretches: pressure.gateways.flatMap(({ partitions }) => partitions.map(({ silenceStretch }) => silenceStretch)),
      ownShare: Math.min(1, ...pressure.gateways.map(({ ownShare }) => ownShare)),
    });
  }
}
