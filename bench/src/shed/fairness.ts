import { hotPartitions } from './hot-partitions.js';
import type { ShedPart } from './part.js';
import { silenceRegimes } from './silence-regimes.js';

export const FAIRNESS: ShedPart = {
  name: 'fairness',
  bound: [
    'Bounds that fit: at 10× a driver that pings every 2 s can be heard once in 20 s; bounds of 36 to 60 s need half of that,',
    'so none is passed. Bounds that don’t: the defaults need a driver on a trip every 4 s, and nearly 4 times what there is.',
    'One factor F stretches them, F for idle, F/√2 for available, F/2 for en_route, F/2√2 for on_trip, until what they need',
    'is what there is: 0.55/(5·F/2√2) + 0.16/(8·F/2) + 0.21/(15·F/√2) + 0.08/(25·F) = 1/20 a second, so F is 7 to 8.',
    'Inversions: pings of one frame are decided on by the same thresholds, and by a plane that is off by less than 0.5%:',
    'none. Within 200 ms thresholds are set anew, so that some come about between the pings before and those after.',
    'Hot partitions: each has its own queue and its own share of the writer; the calm ones shed nothing.',
  ],
  run: async (options) => [...(await silenceRegimes(options)), ...(await hotPartitions(options))],
};
