import type { Bench } from '../bench.js';

export const INGEST: Bench = { name: 'ingest', summary: '', bound: [], run: async () => [] };
