/** A message's place on the stream. A wiped and remade stream counts from 1 again, so its identity belongs to the place. */
export interface StreamPosition {
  readonly stream: string;
  readonly seq: number;
}

/** How far one publisher's pings have been counted. */
export interface PublisherMark {
  readonly total: number;
  readonly seenAtMs: number;
}

/**
 * What a partition has taken from the stream so far, stored in the same write as the data it speaks of. Every ping up to
 * `position` is in exactly one of the three counts.
 */
export interface PartitionTotals {
  readonly position: StreamPosition | undefined;
  readonly written: number;
  readonly superseded: number;
  readonly expired: number;
  readonly publishers: ReadonlyMap<string, PublisherMark>;
}

export const NO_TOTALS: PartitionTotals = {
  position: undefined,
  written: 0,
  superseded: 0,
  expired: 0,
  publishers: new Map(),
};

/**
 * A publisher's mark is forgotten this long after its last batch. A batch under a name that is forgotten would have all
 * that was published under it counted a second time, so publishers take a new name well before that: the bounds on how
 * long one may be idle, and how long a batch may be in doubt after that, come to less together.
 */
export const PUBLISHER_FORGOTTEN_AFTER_MS = 3_600_000;
export const MAX_PUBLISHER_IDLE_MS = PUBLISHER_FORGOTTEN_AFTER_MS / 3;
export const MAX_PUBLISHER_DOUBT_MS = PUBLISHER_FORGOTTEN_AFTER_MS / 2;

/** Whether `position` is at or before `mark`, so that its message has been counted already. */
export function isCovered(position: StreamPosition, mark: StreamPosition | undefined): boolean {
  return mark !== undefined && mark.stream === position.stream && position.seq <= mark.seq;
}
