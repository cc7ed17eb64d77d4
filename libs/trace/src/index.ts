/**
 * Recorded traces of vehicles, and how to replay them as if they happened now. Parses the CSV form
 * `driver_id,ts_ms,lat,lng[,…]` without mending anything, and turns rows into a schedule: when to send which ping, and
 * when it was captured. Promises: a row's place in the file, its repeats and its faults survive the replay; two rows of
 * a driver keep their order in time at any speed. Pure: files, clocks and senders are the caller's.
 */
export * from './replay-clock.js';
export * from './replay-schedule.js';
export * from './rider-places.js';
export * from './shifted-copies.js';
export * from './trace-row.js';
export * from './trace-text.js';
