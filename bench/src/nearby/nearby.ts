import type { Bench } from '../bench.js';
import { besideGeosearch } from './beside-geosearch.js';
import { overHttp } from './over-http.js';
import { FULL, TINY } from './scale.js';

export const NEARBY: Bench = {
  name: 'nearby',
  hasPace: false,
  summary: 'queries a second for the 10 nearest of 100,000 drivers in one city, on one Redis',
  bound: [
    '100,000 drivers on 160 km²: a circle of 3 km holds 18,000, and GEOSEARCH measures and sorts each: 18,000 × 0.2 µs,',
    'about 4 ms, 250 queries a second on the core that Redis has. Of ten nearest, the farthest is 71 m away: a ring that',
    'holds 18 drivers almost surely holds ten, and costs a call, nine small boxes of the sorted set and 18 records:',
    '50 to 100 µs in Redis, as much in the client. 30 to 60 times the peer in Redis; the client may be the narrower.',
  ],
  run: async ({ tiny, rounds, say }) => {
    const scale = tiny ? TINY : FULL;
    return [...(await besideGeosearch(scale, rounds, say)), ...(await overHttp(scale, say))];
  },
};
