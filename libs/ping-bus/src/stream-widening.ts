import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import { millis, nanos } from '@nats-io/transport-node';
import type { GrantRecord, StreamGrant } from './stream-grant.js';
import { type StreamShape, streamName } from './stream-shape.js';

/** What a stream that was there already was given more of. */
export interface StreamWidening {
  readonly stream: string;
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
}

export function wantedGrant({ ttlMs, streamMaxBytes }: StreamShape): StreamGrant {
  return { maxAgeMs: 2 * ttlMs, maxBytes: streamMaxBytes };
}

/** 0 and −1 are the server's words for no bound. */
export function grantOf({ max_age: maxAgeNanos, max_bytes: maxBytes }: StreamConfig): StreamGrant {
  return {
    maxAgeMs: maxAgeNanos > 0 ? millis(maxAgeNanos) : Number.POSITIVE_INFINITY,
    maxBytes: maxBytes >= 0 ? maxBytes : Number.POSITIVE_INFINITY,
  };
}

/**
 * Gives a stream more where this process asks for more than Hexfleet ever gave it. One that has less than it was given was
 * narrowed by hand: that stays.
 */
export async function widenStream(
  manager: JetStreamManager,
  record: GrantRecord,
  shape: StreamShape,
  config: StreamConfig,
  onWidened: (widening: StreamWidening) => void,
): Promise<StreamConfig> {
  const found = grantOf(config);
  const wanted = wantedGrant(shape);
  const granted = await record.get();
  const known = granted ?? found;
  const isAgeRaised = wanted.maxAgeMs > Math.max(known.maxAgeMs, found.maxAgeMs);
  const isSizeRaised = wanted.maxBytes > Math.max(known.maxBytes, found.maxBytes);
  if (!isAgeRaised && !isSizeRaised) {
    if (granted === undefined) await record.set(found);
    return config;
  }
  const updated = await manager.streams.update(streamName(shape.name), {
    ...(isAgeRaised && { max_age: nanos(wanted.maxAgeMs) }),
    ...(isSizeRaised && { max_bytes: wanted.maxBytes }),
  });
  const { maxAgeMs, maxBytes } = grantOf(updated.config);
  await record.set({
    maxAgeMs: isAgeRaised ? maxAgeMs : known.maxAgeMs,
    maxBytes: isSizeRaised ? maxBytes : known.maxBytes,
  });
  const stream = streamName(shape.name);
  onWidened({ stream, ...(isAgeRaised && { maxAgeMs }), ...(isSizeRaised && { maxBytes }) });
  return updated.config;
}
