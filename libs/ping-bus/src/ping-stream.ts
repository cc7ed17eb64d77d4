import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { millis, nanos } from '@nats-io/transport-node';

export interface StreamShape {
  /** Prefix of the stream and of its subjects, so that two fleets can share a server. */
  readonly name: string;
  readonly partitions: number;
  readonly resolution: number;
  readonly ttlMs: number;
  /** Most bytes that the stream may take on disk; past it the stream is full. */
  readonly streamMaxBytes: number;
}

/** What a stream that was there already was given more of. */
export interface StreamWidening {
  readonly stream: string;
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
}

/** The stream's subjects and the layout in its description: two processes that disagree on either must not run together. */
export class LayoutMismatch extends Error {
  override readonly name = 'LayoutMismatch';
}

const STREAM_NOT_FOUND = 10_059;

export function streamName(name: string): string {
  return `${name}_PINGS`;
}

export function subjectOf(name: string, partition: number): string {
  return `${name}.pings.${partition}`;
}

/**
 * Makes the stream where it is missing, and returns its identity: a stream that was wiped and made again has another one.
 * File storage keeps what was accepted through the death of the server; it is kept for twice the positions' TTL, so that an
 * emptied Redis can be filled again; and when it is full it refuses, instead of dropping what was accepted.
 *
 * A stream that is there keeps its messages for as long, and takes as many bytes, as any process has asked for yet: with a
 * longer TTL both are raised, else pings would age out unread while they are still to be shown. They are never lowered,
 * since that would drop messages that an older process still counts on: that is an operator's decision.
 * @throws LayoutMismatch when it exists with another layout.
 */
export async function ensureStream(
  manager: JetStreamManager,
  shape: StreamShape,
  onWidened: (widening: StreamWidening) => void,
): Promise<string> {
  const description = `hexfleet layout 1: ${shape.partitions} partitions of H3 resolution ${shape.resolution}`;
  const found = await findStream(manager, shape.name);
  if (found !== undefined) {
    if (found.config.description !== description) {
      throw new LayoutMismatch(
        `stream ${streamName(shape.name)} is "${found.config.description ?? ''}", this process wants "${description}"`,
      );
    }
    await widenStream(manager, shape, found.config, onWidened);
    return found.created;
  }
  const made = await manager.streams.add({
    name: streamName(shape.name),
    description,
    subjects: [`${shape.name}.pings.*`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_age: nanos(2 * shape.ttlMs),
    max_bytes: shape.streamMaxBytes,
  });
  return made.created;
}

/** The fleet's stream, or `undefined` when the server says that there is none. */
export async function findStream(manager: JetStreamManager, name: string) {
  return manager.streams.info(streamName(name)).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  });
}

async function widenStream(
  manager: JetStreamManager,
  { name, ttlMs, streamMaxBytes }: StreamShape,
  { max_age: maxAgeNanos, max_bytes: maxBytes }: StreamConfig,
  onWidened: (widening: StreamWidening) => void,
): Promise<void> {
  // 0 and −1 are the server's words for no bound.
  const isAgeRaised = maxAgeNanos > 0 && maxAgeNanos < nanos(2 * ttlMs);
  const isSizeRaised = maxBytes >= 0 && maxBytes < streamMaxBytes;
  if (!isAgeRaised && !isSizeRaised) return;
  const { config } = await manager.streams.update(streamName(name), {
    ...(isAgeRaised && { max_age: nanos(2 * ttlMs) }),
    ...(isSizeRaised && { max_bytes: streamMaxBytes }),
  });
  onWidened({
    stream: streamName(name),
    ...(isAgeRaised && { maxAgeMs: millis(config.max_age) }),
    ...(isSizeRaised && { maxBytes: config.max_bytes }),
  });
}
