import { type OutboxSurroundings, PartitionOutbox } from './partition-outbox.js';

const DRAIN_POLL_MS = 10;

/** The outboxes of all partitions, and the one timer that drives them. */
export class Outboxes {
  readonly #byPartition: readonly PartitionOutbox[];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    partitions: number,
    private readonly surroundings: OutboxSurroundings,
  ) {
    this.#byPartition = Array.from(
      { length: partitions },
      (_, partition) => new PartitionOutbox(partition, surroundings),
    );
  }

  of(partition: number): PartitionOutbox {
    return this.#byPartition[partition] as PartitionOutbox;
  }

  get batchesInFlight(): number {
    return this.#byPartition.filter((outbox) => outbox.isInFlight).length;
  }

  get pingsInDoubt(): number {
    return this.#byPartition.reduce((pings, outbox) => pings + outbox.pingsInDoubt, 0);
  }

  get heldBytes(): number {
    return this.#byPartition.reduce((bytes, outbox) => bytes + outbox.heldBytes, 0);
  }

  /** Flushes every `intervalMs`. */
  start(intervalMs: number): void {
    this.#timer = setInterval(() => this.tick(), intervalMs);
  }

  tick(): void {
    const nowMs = this.surroundings.nowMs();
    for (const outbox of this.#byPartition) outbox.tick(nowMs);
  }

  /** The stream is back: whatever is in doubt is published again with the next tick. */
  retrySoon(): void {
    for (const outbox of this.#byPartition) outbox.retrySoon();
  }

  /** Publishes what is pending and waits until everyone has an answer; past `timeoutMs` the answer is `unavailable`. */
  async drain(timeoutMs: number): Promise<void> {
    clearInterval(this.#timer);
    const deadlineMs = this.surroundings.nowMs() + timeoutMs;
    this.tick();
    while (this.#byPartition.some((outbox) => outbox.isWaitedFor) && this.surroundings.nowMs() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
      this.tick();
    }
    for (const outbox of this.#byPartition) outbox.abandon();
  }
}
