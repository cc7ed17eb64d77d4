/**
 * Distances and directions on a sphere of radius 6,371,008.8 m, the mean earth radius of the IUGG. Every figure that
 * Hexfleet states in metres comes from here, so that two parts never disagree about who is nearer. Pure.
 */
export * from './dead-reckoning.js';
export * from './great-circle.js';
