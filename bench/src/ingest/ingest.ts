import type { Bench } from '../bench.js';
import { type CpuTimes, totalOf } from '../cpu-time.js';
import { compared, type Figure, medianOf } from '../figure.js';
import { startNaive } from '../services/naive.js';
import { cpuOfHexfleet, cpuUnder, insist, partsOf, type Way } from './cpu-a-ping.js';
import type { NotTaken } from './load.js';

const NAIVE: Way = { carrier: 'naive http', connections: 64, pingsAtOnce: 1, pingsPerSecond: 4_000 };
const NAIVE_BATCH: Way = { carrier: 'naive http batch', connections: 64, pingsAtOnce: 100, pingsPerSecond: 20_000 };
/**
 * Ours, each beside its peer. What a ping costs falls with the pace, since a message and a write cost what they cost however
 * many pings they carry. The first row offers either side what keeps its busiest process busy for some 30% or 40% of a core,
 * where the naive service's pace is a tenth of ours; the others show slower paces, one of them the naive service's own.
 */
const PAIRS: readonly (readonly [Way, Way])[] = [
  [{ carrier: 'websocket, protobuf', connections: 64, pingsAtOnce: 20, pingsPerSecond: 40_000 }, NAIVE],
  [{ carrier: 'websocket, protobuf', connections: 64, pingsAtOnce: 20, pingsPerSecond: 20_000 }, NAIVE],
  [{ carrier: 'websocket, JSON', connections: 64, pingsAtOnce: 20, pingsPerSecond: 20_000 }, NAIVE],
  [{ carrier: 'websocket, protobuf', connections: 64, pingsAtOnce: 20, pingsPerSecond: 4_000 }, NAIVE],
  [{ carrier: 'websocket, protobuf', connections: 2_000, pingsAtOnce: 1, pingsPerSecond: 8_000 }, NAIVE],
  [{ carrier: 'http', connections: 512, pingsAtOnce: 1, pingsPerSecond: 2_000 }, NAIVE],
  [{ carrier: 'http', connections: 64, pingsAtOnce: 100, pingsPerSecond: 20_000 }, NAIVE_BATCH],
];

interface Durations {
  /** Not counted: each driver comes in once, and the code gets warm. */
  readonly warmUpSeconds: number;
  readonly naiveSeconds: number;
  /** Over 1.3 TTLs of a Hexfleet under measurement: the directory is told once of each driver that stays. */
  readonly oursSeconds: number;
}

const FULL: Durations = { warmUpSeconds: 12, naiveSeconds: 10, oursSeconds: 46 };
const TINY: Durations = { warmUpSeconds: 0.5, naiveSeconds: 0.5, oursSeconds: 0.5 };
const TINY_PINGS_PER_SECOND = 400;
/** Slower, and a frame would hold a driver twice. */
const MIN_PINGS_PER_SECOND = 100;

export const INGEST: Bench = {
  name: 'ingest',
  hasPace: true,
  summary: 'CPU a ping, over all processes, from the socket to the store',
  bound: [
    'naive: a request on Fastify 30–40 µs, two commands through ioredis 20–30 µs, 2 × 5–8 µs in Redis with its replies',
    '       and its log: about 100 µs a ping. With 100 pings a request the commands are left: 15–20 µs.',
    'ours:  gateway: read, check, compare and pack a ping 2–3 µs; NATS: 60 bytes in, stored, out again 1–2 µs; writer:',
    '       unpack, compare, encode two commands’ arguments 3–5 µs; Redis: ZADD and HSET of a driver on the move 3 µs.',
    '       10 to 12 µs; and on top what 320 messages and as many writes a second cost, some 50 CPU-ms: 1 µs a ping at',
    '       40,000 a second, 12 µs at 4,000.',
  ],
  run: async ({ tiny, rounds, pace, say }) => {
    const durations = tiny ? TINY : FULL;
    const samples = new Map<Way, CpuTimes<string>[]>();
    const spoilt = new Map<Way, number>();
    const measure = async (way: Way, cpuPerPing: typeof cpuOfOurs) => {
      say(`${nameOf(way)} …`);
      const onSpoilt = (error: NotTaken) => {
        say(`  ${error.message}; again …`);
        spoilt.set(way, (spoilt.get(way) ?? 0) + 1);
      };
      const times = await insist(() => cpuPerPing(way, durations), onSpoilt);
      say(`  ${totalOf(times).toFixed(1)} µs a ping: ${partsOf(times)}`);
      samples.set(way, [...(samples.get(way) ?? []), times]);
    };
    const pairs = tiny
      ? paced(onePerCarrier(PAIRS), () => TINY_PINGS_PER_SECOND)
      : paced(PAIRS, (usual) => usual * pace);
    for (let round = 0; round < rounds; round++) {
      for (const peer of new Set(pairs.map(([, peer]) => peer))) await measure(peer, cpuOfNaive);
      for (const [way] of pairs) await measure(way, cpuOfOurs);
    }
    return pairs.flatMap(([way, peer]) => [
      ...figuresOf(way, samples.get(way) ?? [], peer, samples.get(peer) ?? []),
      ...spoiltFigures(way, spoilt.get(way) ?? 0, peer, spoilt.get(peer) ?? 0),
    ]);
  },
};

/** For a look at whether it all works: other numbers on the same way show nothing more. */
function onePerCarrier(pairs: typeof PAIRS): typeof PAIRS {
  const key = ([way, peer]: (typeof PAIRS)[number]) => `${way.carrier} beside ${peer.carrier}`;
  return pairs.filter((pair, at) => pairs.findIndex((other) => key(other) === key(pair)) === at);
}

/** The same ways at another pace; a peer that several have stays one. */
function paced(pairs: typeof PAIRS, pingsPerSecond: (usual: number) => number): typeof PAIRS {
  const ways = new Map<Way, Way>();
  const atPace = (way: Way) => {
    const known = ways.get(way) ?? {
      ...way,
      pingsPerSecond: Math.max(MIN_PINGS_PER_SECOND, Math.round(pingsPerSecond(way.pingsPerSecond))),
    };
    ways.set(way, known);
    return known;
  };
  return pairs.map(([ours, peer]) => [atPace(ours), atPace(peer)]);
}

async function cpuOfOurs(way: Way, durations: Durations): Promise<CpuTimes<string>> {
  return cpuOfHexfleet(way, { warmUpSeconds: durations.warmUpSeconds, seconds: durations.oursSeconds });
}

async function cpuOfNaive(way: Way, durations: Durations): Promise<CpuTimes<string>> {
  const naive = await startNaive();
  try {
    const plan = { ...way, url: naive.url, token: '' };
    // Its answer comes after its writes: nothing is left to settle.
    const { warmUpSeconds, naiveSeconds: seconds } = durations;
    return await cpuUnder(plan, naive.pids, { warmUpSeconds, seconds }, async () => {});
  } finally {
    await naive.stop();
  }
}

function figuresOf(
  way: Way,
  ours: readonly CpuTimes<string>[],
  peerWay: Way,
  peer: readonly CpuTimes<string>[],
): Figure[] {
  const figure = { bench: INGEST.name, case: nameOf(way), unit: 'CPU-µs a ping' };
  const parts = Object.keys(ours[0] ?? {}).map((name) => ({
    ...figure,
    metric: `of it, ${name}`,
    ours: medianOf(ours.map((times) => times[name] as number)),
  }));
  const both = { ours: medianOf(ours.map(totalOf)), peer: medianOf(peer.map(totalOf)), peerName: nameOf(peerWay) };
  return [compared({ ...figure, metric: 'all processes', ...both }), ...parts];
}

/** Told only where there were some. */
function spoiltFigures(way: Way, ours: number, peerWay: Way, peer: number): Figure[] {
  if (ours + peer === 0) return [];
  const metric = 'measurements thrown away';
  return [{ bench: INGEST.name, case: nameOf(way), metric, unit: 'times', ours, peer, peerName: nameOf(peerWay) }];
}

function nameOf({ carrier, connections, pingsAtOnce, pingsPerSecond }: Way): string {
  const [connectionsText, paceText] = [connections, pingsPerSecond].map((value) => value.toLocaleString('en'));
  return `${carrier}, ${pingsAtOnce} at once, ${connectionsText} connections, ${paceText} pings/s`;
}
