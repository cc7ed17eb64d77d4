/**
 * The owner of a partition as a pure state machine: a generator that is fed pings, to-dos and time, and yields what it
 * wants done (claim, enter, apply, clear …) as values. Whoever runs it performs them and hands back the replies; a test may
 * delay, lose or repeat them at will.
 *
 * Promises, whatever the order, duplication or loss of what it is fed: the visible position of a driver never goes back
 * (I1); every ping taken from the stream is counted exactly once, as written, superseded or expired, in the same atomic
 * write that makes it visible (I6); and a driver that moves between partitions ends in exactly one of them, without being
 * invisible on the way (I3, I4). Pure: no clock, no Redis, no NATS.
 */
export { ENTRIES_KEPT_TTLS } from './directory-times.js';
export * from './effects.js';
export * from './epoch.js';
export { INDEX_SLACK_M } from './index-slack.js';
export { type OwnerSettings, ownPartition } from './owner.js';
export * from './totals.js';
