/**
 * The k nearest drivers by widening rings, decided from packed records alone: which radius to ask for next, given what was
 * found, and who is nearest when enough is known. Promises, whatever the first radius: the answer is the one that a look at
 * every driver would give, a driver is in it once and with its newest position, and nobody older than the TTL is. Pure:
 * whoever runs it fetches the rings.
 */
export { DensityMemory } from './density-memory.js';
export { type Candidate, isNewer, type Nearest, type NearestQuery, searchNearest } from './nearest-search.js';
