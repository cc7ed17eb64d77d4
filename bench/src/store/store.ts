import type { Bench } from '../bench.js';

export const STORE: Bench = { name: 'store', summary: '', bound: [], run: async () => [] };
