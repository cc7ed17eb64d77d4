export interface StreamShape {
  /** Prefix of the stream and of its subjects, so that two fleets can share a server. */
  readonly name: string;
  readonly partitions: number;
  readonly resolution: number;
  readonly ttlMs: number;
  /** Most bytes that the stream may take on disk; past it the stream is full. */
  readonly streamMaxBytes: number;
}

/** What this code makes of a stream; a higher number in a description was put there by a newer release. */
export const STREAM_FORMAT = 1;

export function streamName(name: string): string {
  return `${name}_PINGS`;
}

export function subjectOf(name: string, partition: number): string {
  return `${name}.pings.${partition}`;
}

export function subjectsOf(name: string): [string] {
  return [`${name}.pings.*`];
}

/** Kept as the stream's description: two processes that disagree on it must not run together. */
export function layoutOf({ partitions, resolution }: StreamShape): string {
  return `hexfleet layout ${STREAM_FORMAT}: ${partitions} partitions of H3 resolution ${resolution}`;
}
