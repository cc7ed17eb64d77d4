/**
 * The message on the stream: a batch of accepted pings of one partition from one gateway, at most one a driver. Carries
 * packed records, so that the writer stores the bytes it was sent; and the publisher's running total, so that a batch read
 * twice or lost to retention is recognised and counted once. Pure.
 */
export * from './ping-batch.js';
