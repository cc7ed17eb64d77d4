/**
 * What a policy would do to recorded pings: runs a trace through the gateway's own hygiene and load shedder, and tells by
 * status how many pings are shed, how far readers' belief is then off, and how long drivers stay silent. Promises: the same
 * trace, policy and pressure give the same report; errors are measured on what readers are shown (geodesy's dead reckoning
 * on the sphere), not on what the shedder takes them to be; a row costs four bytes. Pure: time is the trace's own.
 */
export * from './error-sample.js';
export * from './reader-belief.js';
export * from './shed-trial.js';
export * from './silences.js';
export * from './trace-hygiene.js';
export * from './try-policy.js';
