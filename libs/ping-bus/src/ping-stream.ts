import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { GrantRecord } from './stream-grant.js';
import { layoutOf, STREAM_FORMAT, type StreamShape, streamName, subjectsOf } from './stream-shape.js';
import { type StreamWidening, wantedGrant, widenStream } from './stream-widening.js';

/** The stream that is there was made by a process that this one must not run together with. */
export class LayoutMismatch extends Error {
  override readonly name = 'LayoutMismatch';
  /** Waiting won't help: somebody must change something. */
  readonly isFinal = true;
}

export interface FoundStream {
  /** Identity: a stream that was wiped and made again has another one. */
  readonly id: string;
  readonly config: StreamConfig;
}

const STREAM_NOT_FOUND = 10_059;

/**
 * Makes the stream where it is missing. File storage keeps what was accepted through the death of the server; it is kept for
 * twice the positions' TTL, so that an emptied Redis can be filled again; and when it is full it refuses, instead of dropping
 * what was accepted.
 *
 * A stream that is there keeps its messages for as long, and takes as many bytes, as any process has asked for yet: with a
 * longer TTL both are raised, else pings would age out unread while they are still to be shown. They are never lowered,
 * since that would drop messages that an older process still counts on: that is an operator's decision, and so is all else
 * that was changed by hand.
 * @throws LayoutMismatch when it exists with another layout, or was made by a newer release.
 */
export async function ensureStream(
  manager: JetStreamManager,
  record: GrantRecord,
  shape: StreamShape,
  onWidened: (widening: StreamWidening) => void,
): Promise<FoundStream> {
  const found = await findStream(manager, shape.name);
  if (found !== undefined) {
    requireLayout(found.config, shape);
    return { id: found.created, config: await widenStream(manager, record, shape, found.config, onWidened) };
  }
  const wanted = wantedGrant(shape);
  const made = await manager.streams.add({
    name: streamName(shape.name),
    description: layoutOf(shape),
    subjects: subjectsOf(shape.name),
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_age: nanos(wanted.maxAgeMs),
    max_bytes: wanted.maxBytes,
  });
  await record.set(wanted);
  return { id: made.created, config: made.config };
}

/** The fleet's stream, or `undefined` when the server says that there is none. */
export async function findStream(manager: JetStreamManager, name: string) {
  return manager.streams.info(streamName(name)).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  });
}

function requireLayout({ description = '' }: StreamConfig, shape: StreamShape): void {
  const layout = layoutOf(shape);
  if (description === layout) return;
  const stream = `stream ${streamName(shape.name)}`;
  const format = Number(/^hexfleet layout (\d+):/.exec(description)?.[1] ?? 0);
  throw new LayoutMismatch(
    format > STREAM_FORMAT
      ? `${stream} was made by a newer Hexfleet (format ${format}, this one knows ${STREAM_FORMAT}): run that release, or another HEXFLEET_NAME`
      : `${stream} is "${description}", this process wants "${layout}"`,
  );
}
