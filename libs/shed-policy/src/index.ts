/**
 * How operators steer shedding: the policy, overrides of parts of it for some pings and some time, and what is in force for
 * a ping. Promises: what comes in is checked whole, with every fault named by its path, and refused as a value; a change
 * makes a new state with the next version and leaves the old one alone; what is in force for a ping is found in constant
 * time and stays the same object until something changes. Pure: the clock, H3 and ids come in as arguments.
 */
export * from './change-requests.js';
export * from './in-force.js';
export * from './override.js';
export * from './policies-in-force.js';
export * from './policy-differences.js';
export * from './policy-of-settings.js';
export * from './policy-state.js';
export * from './read-policy.js';
export * from './read-state.js';
export * from './reading.js';
export * from './shed-policy.js';
