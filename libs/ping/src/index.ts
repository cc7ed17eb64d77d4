/**
 * What a ping is, what is wrong with one, and what is said about it. Validation and hygiene live here as values: a bad ping
 * is an outcome with a stable code, never an exception. Promises that a ping which passes has every field in range, is newer
 * than the last one admitted of its driver, and could have been driven; and that no ping, however wrong, keeps its driver
 * from being believed again. Pure: the clock and the policy come in as arguments.
 */
export * from './admitted-fixes.js';
export * from './clock-offsets.js';
export * from './hygiene.js';
export * from './hygiene-policy.js';
export * from './outcome.js';
export * from './ping.js';
export * from './read-ping.js';
export * from './two-generation-rows.js';
