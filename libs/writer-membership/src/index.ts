/**
 * Which writer owns which partition, as each writer works it out for itself: all of them tell one another, several times a
 * second, that they live and what they own; a partition belongs to the live writer that rendezvous hashing gives it to, so
 * that one who joins or leaves moves only its own share.
 *
 * This decides who *tries* to own a partition, and nothing hangs on it but how soon somebody does: two writers that hear
 * different beats may both try, and the partition's epoch lets exactly one of them write. Pure: no clock, no NATS.
 */
export * from './duties.js';
export * from './writer-beat.js';
export * from './writer-board.js';
