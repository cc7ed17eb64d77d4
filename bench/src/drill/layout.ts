/** Of a Hexfleet that nobody has set up otherwise. */
export const LAYOUT = { partitions: 64, resolution: 7 };
