/**
 * The door to NATS: the only importer of its client. Publishes batches to the partitions' subjects and says what became of
 * each: stored, refused, or unknown; reads a partition from a place on the stream; keeps what must outlive a Redis that
 * comes back empty (epochs, checkpoints) in key-value buckets. Keeps trying while NATS is away, and tells so; a stream that
 * someone deleted is made again, and is the same to the rest as a NATS that was away. Beside the pings, a control bus carries
 * what apps tell and ask one another: reports, questions, documents that are watched and changed by compare-and-set.
 */

export type { BatchPublisher, PublishResult } from './batch-publisher.js';
export { type ControlConnection, connectControlBus, type OwnControlBus } from './connect-control-bus.js';
export { type ConnectionOptions, connectionOptions } from './connection-options.js';
export { type AskOptions, ControlBus, type ControlBusOptions } from './control-bus.js';
export type { SharedValue, WatchListener } from './document-watch.js';
export type { PartitionReader, StreamMessage } from './partition-reader.js';
export { type BusState, connectPingBus, PingBus, type PingBusOptions } from './ping-bus.js';
export { LayoutMismatch } from './ping-stream.js';
export { SharedBucket } from './shared-bucket.js';
export { SharedDocument } from './shared-document.js';
export type { StreamAlterations } from './stream-alterations.js';
export type { StreamWidening } from './stream-widening.js';
export type { Subscription } from './subscription.js';
export { WriteOnceLog } from './write-once-log.js';
