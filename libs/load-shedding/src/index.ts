/**
 * Which pings to drop when more arrive than can be stored: those that teach least. A ping's value is the error that it
 * removes from what readers believe (`ping-priority`), weighted by its driver's status; a driver that was silent for too long
 * is worth more than any error. Values lately seen give the threshold for a share to admit (`value-quantiles`); the share
 * follows the lag of the partition (`share-controller`, run by the partition's owner) and the gateway's own trouble
 * (`own-pressure`, `overload-ladder`). Promises: more pressure never sheds less; a higher status never fares worse at equal
 * value; silence bounds hold while they fit, and stretch by one stated factor, lowest status first, when they don't; the
 * same inputs give the same decisions; what is remembered of drivers is bounded. Pure: clock and policy come in as arguments.
 */
export * from './believed-fixes.js';
export * from './load-shedder.js';
export * from './next-ping-hint.js';
export * from './offered-board.js';
export * from './overload-ladder.js';
export * from './own-pressure.js';
export * from './ping-priority.js';
export * from './share-controller.js';
export * from './signal-board.js';
export * from './signals.js';
export * from './usual-load.js';
export * from './value-quantiles.js';
