import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

export interface StreamShape {
  /** Prefix of the stream and of its subjects, so that two fleets can share a server. */
  readonly name: string;
  readonly partitions: number;
  readonly resolution: number;
  readonly ttlMs: number;
  readonly maxBytes: number;
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
 * @throws LayoutMismatch when it exists with another layout.
 */
export async function ensureStream(manager: JetStreamManager, shape: StreamShape): Promise<string> {
  const description = `hexfleet layout 1: ${shape.partitions} partitions of H3 resolution ${shape.resolution}`;
  const found = await manager.streams.info(streamName(shape.name)).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  });
  if (found !== undefined) {
    if (found.config.description !== description) {
      throw new LayoutMismatch(
        `stream ${streamName(shape.name)} is "${found.config.description ?? ''}", this process wants "${description}"`,
      );
    }
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
    max_bytes: shape.maxBytes,
    duplicate_window: nanos(Math.min(1_000, shape.ttlMs)),
  });
  return made.created;
}
