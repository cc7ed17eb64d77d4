/**
 * What gateways tell of each partition, for its owner: how many pings a second are offered over all of them, and the share
 * that they admit, from which an owner that takes over goes on. A gateway that has been silent for `SIGNAL_TIMEOUT_MS` is
 * no longer counted.
 */
import { type GatewayPartition, type GatewaySignals, SIGNAL_TIMEOUT_MS } from './signals.js';

interface Heard {
  readonly atMs: number;
  readonly byPartition: ReadonlyMap<number, GatewayPartition>;
}

/** More gateways than this are taken for noise. */
const MAX_GATEWAYS = 1_000;

export class OfferedBoard {
  readonly #gateways = new Map<string, Heard>();

  /** A report that came in at `nowMs`, by this process's clock. */
  hear({ gateway, partitions }: GatewaySignals, nowMs: number): void {
    this.#forgetSilent(nowMs);
    if (this.#gateways.size >= MAX_GATEWAYS && !this.#gateways.has(gateway)) return;
    const byPartition = new Map(partitions.map((row) => [row.partition, row]));
    this.#gateways.set(gateway, { atMs: nowMs, byPartition });
  }

  /** Over all gateways; undefined when none has told anything lately. */
  offeredPerSecond(partition: number, nowMs: number): number | undefined {
    this.#forgetSilent(nowMs);
    if (this.#gateways.size === 0) return undefined;
    let offered = 0;
    for (const { byPartition } of this.#gateways.values()) offered += byPartition.get(partition)?.offeredPerSecond ?? 0;
    return offered;
  }

  /** The share that gateways admit, weighted by what each is offered; 1 when none has told. */
  share(partition: number, nowMs: number): number {
    this.#forgetSilent(nowMs);
    let offered = 0;
    let admitted = 0;
    for (const { byPartition } of this.#gateways.values()) {
      const row = byPartition.get(partition);
      if (row === undefined) continue;
      offered += row.offeredPerSecond;
      admitted += row.offeredPerSecond * row.share;
    }
    return offered > 0 ? admitted / offered : 1;
  }

  #forgetSilent(nowMs: number): void {
    for (const [gateway, { atMs }] of this.#gateways) {
      if (nowMs - atMs > SIGNAL_TIMEOUT_MS) this.#gateways.delete(gateway);
    }
  }
}
