/**
 * Which partition a place belongs to, and which directory slot a driver. A partition is the unit of ownership, of order
 * and of sharding; it comes from the home cell of a fix, so that one neighbourhood's drivers lie together, and hashing
 * spreads neighbouring cells, so that one busy district does not fill one partition. Pure: cells come in as text.
 */

export * from './hash.js';
export * from './layout.js';
export * from './rendezvous.js';
