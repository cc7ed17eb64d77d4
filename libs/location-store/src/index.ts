/**
 * The door to Redis: the only importer of its client. Partitions' geo sets, records and headers, and the directory of
 * drivers, under keys that `keys.ts` alone builds. A write either counts whole, with the stream position and the totals it
 * stands for, or not at all; a write of which no answer came is reported as in doubt, never as done or failed.
 */
export type { PartitionTodo } from './directory.js';
export { geohashScore } from './geohash.js';
export { createLocationReader, type Hit, LocationReader, type SearchReply } from './location-reader.js';
export { createPartitionStore, PartitionStore } from './partition-store.js';
export type { Degraded, LocationStoreOptions } from './shards.js';
export { StoreUnfit } from './store-unfit.js';
