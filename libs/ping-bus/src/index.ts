/**
 * The door to NATS: the only importer of its client. Publishes batches to the partitions' subjects and says what became of
 * each: stored, refused, or unknown; reads a partition from a place on the stream; keeps what must outlive a Redis that
 * comes back empty (epochs, checkpoints) in key-value buckets. Keeps trying while NATS is away, and tells so.
 */

export type { BatchPublisher, PublishResult } from './batch-publisher.js';
export { connectionOptions } from './connection-options.js';
export type { PartitionReader, StreamMessage } from './partition-reader.js';
export { type BusState, connectPingBus, PingBus, type PingBusOptions } from './ping-bus.js';
export { LayoutMismatch } from './ping-stream.js';
