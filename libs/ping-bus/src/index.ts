/**
 * The door to NATS: the only importer of its client. Publishes batches to the partitions' subjects and says what became of
 * each: stored, refused, or unknown; reads a partition from a place on the stream; keeps what must outlive a Redis that
 * comes back empty (epochs, checkpoints) in key-value buckets. Keeps trying while NATS is away, and tells so; a stream that
 * someone deleted is made again, and is the same to the rest as a NATS that was away.
 */

export type { BatchPublisher, PublishResult } from './batch-publisher.js';
export { type ConnectionOptions, connectionOptions } from './connection-options.js';
export type { PartitionReader, StreamMessage } from './partition-reader.js';
export { type BusState, connectPingBus, PingBus, type PingBusOptions } from './ping-bus.js';
export { LayoutMismatch, type StreamWidening } from './ping-stream.js';
