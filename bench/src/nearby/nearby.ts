import type { Bench } from '../bench.js';

export const NEARBY: Bench = { name: 'nearby', summary: '', bound: [], run: async () => [] };
