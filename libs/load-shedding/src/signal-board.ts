/**
 * The newest word of each partition's owner. A share holds until the owner has been silent for `SIGNAL_TIMEOUT_MS`; from
 * then on it falls with the silence:
 *
 *   share(silence) = share / (1 + (silence − timeout) / 1 s), at least MIN_SILENT_SHARE
 *
 * so that what piles up for an owner that is away grows like the logarithm of the time that it is away, and is soon worked
 * off once a successor is there. Of a partition that nobody has told of yet, silence counts from the start.
 */
import { SIGNAL_TIMEOUT_MS, type WriterSignals } from './signals.js';

const MIN_SILENT_SHARE = 0.05;

interface Word {
  readonly epoch: number;
  readonly share: number;
  readonly heardAtMs: number;
}

export class SignalBoard {
  readonly #words: (Word | undefined)[];

  constructor(
    partitions: number,
    private startedAtMs: number,
  ) {
    this.#words = new Array(partitions).fill(undefined);
  }

  /** Whether every partition's owner has been heard of. */
  get isComplete(): boolean {
    return this.#words.every((word) => word !== undefined);
  }

  /** Nobody could be heard until now: silence counts from here. */
  resume(nowMs: number): void {
    this.startedAtMs = nowMs;
    for (const [partition, word] of this.#words.entries()) {
      if (word !== undefined) this.#words[partition] = { ...word, heardAtMs: nowMs };
    }
  }

  /** A report that came in at `nowMs`, by this process's clock. Of two owners the one of the newer epoch counts. */
  hear({ partitions }: WriterSignals, nowMs: number): void {
    for (const { partition, epoch, share } of partitions) {
      if (partition >= this.#words.length) continue;
      const known = this.#words[partition];
      if (known !== undefined && known.epoch > epoch && nowMs - known.heardAtMs <= SIGNAL_TIMEOUT_MS) continue;
      this.#words[partition] = { epoch, share, heardAtMs: nowMs };
    }
  }

  shareOf(partition: number, nowMs: number): number {
    const word = this.#words[partition];
    const silenceMs = nowMs - (word?.heardAtMs ?? this.startedAtMs);
    const share = word?.share ?? 1;
    if (silenceMs <= SIGNAL_TIMEOUT_MS) return share;
    return Math.min(share, Math.max(MIN_SILENT_SHARE, share / (1 + (silenceMs - SIGNAL_TIMEOUT_MS) / 1_000)));
  }

  /** Partitions whose owner is silent for longer than the timeout. */
  silentPartitions(nowMs: number): number {
    return this.#words.filter((word) => nowMs - (word?.heardAtMs ?? this.startedAtMs) > SIGNAL_TIMEOUT_MS).length;
  }
}
