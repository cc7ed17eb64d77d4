/**
 * What a ping is, what is wrong with one, and what is said about it. Validation and hygiene live here as values: a bad ping
 * is an outcome with a stable code, never an exception. Pure: the clock and the policy come in as arguments.
 */
export * from './ping.js';
export * from './outcome.js';
