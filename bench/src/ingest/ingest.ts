import type { Bench } from '../bench.js';
import { type CpuTimes, cpuBetween, readCpuTimes, totalOf } from '../cpu-time.js';
import { compared, type Figure, medianOf } from '../figure.js';
import { startHexfleet } from '../services/hexfleet.js';
import { startNaive } from '../services/naive.js';
import { NotTaken, openLoad } from './load.js';
import type { LoadPlan } from './load-plan.js';
import { settledBooks } from './settled-books.js';

type Way = Omit<LoadPlan, 'url' | 'token' | 'drivers'>;

const NAIVE: Way = { carrier: 'naive http', connections: 64, pingsAtOnce: 1, pingsPerSecond: 4_000 };
const NAIVE_BATCH: Way = { carrier: 'naive http batch', connections: 64, pingsAtOnce: 100, pingsPerSecond: 20_000 };
/**
 * Ours, each beside its peer. What a ping costs falls with the pace, since a message and a write cost what they cost however
 * many pings they carry: the first row offers either side what takes its busiest process a quarter to two fifths of a core,
 * the others show slower paces, down to the naive service's own.
 */
const PAIRS: readonly (readonly [Way, Way])[] = [
  [{ carrier: 'websocket, protobuf', connections: 64, pingsAtOnce: 20, pingsPerSecond: 40_000 }, NAIVE],
  [{ carrier: 'websocket, protobuf', connections: 64, pingsAtOnce: 20, pingsPerSecond: 20_000 }, NAIVE],
  [{ carrier: 'websocket, JSON', connections: 64, pingsAtOnce: 20, pingsPerSecond: 20_000 }, NAIVE],
  [{ carrier: 'websocket, protobuf', connections: 64, pingsAtOnce: 20, pingsPerSecond: 4_000 }, NAIVE],
  [{ carrier: 'websocket, protobuf', connections: 2_000, pingsAtOnce: 1, pingsPerSecond: 8_000 }, NAIVE],
  [{ carrier: 'http', connections: 256, pingsAtOnce: 1, pingsPerSecond: 2_000 }, NAIVE],
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
const ATTEMPTS = 3;
/** A driver pings this often. */
const PING_EVERY_SECONDS = 4;

export const INGEST: Bench = {
  name: 'ingest',
  summary: 'CPU a ping, over all processes, from the socket to the store',
  bound: [
    'naive: a request on Fastify 30–40 µs, two commands through ioredis 20–30 µs, 2 × 5–8 µs in Redis with its replies',
    '       and its log: about 100 µs a ping. With 100 pings a request the commands are left: 15–20 µs.',
    'ours:  gateway: read, check, compare and pack a ping 2–3 µs; NATS: 60 bytes in, stored, out again 1–2 µs; writer:',
    '       unpack, compare, encode two commands’ arguments 3–5 µs; Redis: ZADD and HSET of a driver on the move 3 µs.',
    '       About 12 µs a ping where the fixed cost, 36 CPU-ms a second, is spread over 20,000.',
  ],
  run: async ({ tiny, rounds, pace, say }) => {
    const durations = tiny ? TINY : FULL;
    const samples = new Map<Way, CpuTimes<string>[]>();
    const measure = async (way: Way, cpuPerPing: typeof cpuOfOurs) => {
      const pingsPerSecond = tiny ? TINY_PINGS_PER_SECOND : way.pingsPerSecond;
      say(`${nameOf(way)} …`);
      const times = await insist(() => cpuPerPing({ ...way, pingsPerSecond }, durations), say);
      say(`  ${totalOf(times).toFixed(1)} µs a ping: ${partsOf(times)}`);
      samples.set(way, [...(samples.get(way) ?? []), times]);
    };
    const pairs = paced(tiny ? onePerCarrier(PAIRS) : PAIRS, pace);
    for (let round = 0; round < rounds; round++) {
      for (const peer of new Set(pairs.map(([, peer]) => peer))) await measure(peer, cpuOfNaive);
      for (const [way] of pairs) await measure(way, cpuOfOurs);
    }
    return pairs.flatMap(([way, peer]) => figuresOf(way, samples.get(way) ?? [], peer, samples.get(peer) ?? []));
  },
};

/** A shared machine may stand still for a second, and then a service refuses what it can't hold. Says so, and measures again. */
async function insist<Result>(measure: () => Promise<Result>, say: (line: string) => void): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await measure();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof NotTaken)) throw error;
      say(`  ${error.message}; again …`);
    }
  }
}

/** For a look at whether it all works: other numbers on the same way show nothing more. */
function onePerCarrier(pairs: typeof PAIRS): typeof PAIRS {
  const key = ([way, peer]: (typeof PAIRS)[number]) => `${way.carrier} beside ${peer.carrier}`;
  return pairs.filter((pair, at) => pairs.findIndex((other) => key(other) === key(pair)) === at);
}

/** The same ways at another pace; a peer that several have stays one. */
function paced(pairs: typeof PAIRS, pace: number): typeof PAIRS {
  const ways = new Map<Way, Way>();
  const atPace = (way: Way) => {
    const known = ways.get(way) ?? { ...way, pingsPerSecond: Math.round(way.pingsPerSecond * pace) };
    ways.set(way, known);
    return known;
  };
  return pairs.map(([ours, peer]) => [atPace(ours), atPace(peer)]);
}

/** Microseconds a ping, by process; so below. */
async function cpuOfOurs(way: Way, durations: Durations): Promise<CpuTimes<string>> {
  const hexfleet = await startHexfleet();
  const { gatewayUrl, writerUrl, fleetToken } = hexfleet;
  // Who answers riders and operators is idle here, and not counted.
  const { gateway, nats, writer, redis } = hexfleet.pids;
  try {
    const plan = { ...way, url: gatewayUrl, token: fleetToken };
    // What was accepted before a reading must be written before it, or its cost falls outside.
    const settled = () => settledBooks(gatewayUrl, writerUrl);
    const pids = { gateway, nats, writer, redis };
    return await cpuUnder(plan, pids, durations.warmUpSeconds, durations.oursSeconds, settled);
  } finally {
    await hexfleet.stop();
  }
}

async function cpuOfNaive(way: Way, durations: Durations): Promise<CpuTimes<string>> {
  const naive = await startNaive();
  try {
    const plan = { ...way, url: naive.url, token: '' };
    // Its answer comes after its writes: nothing is left to settle.
    return await cpuUnder(plan, naive.pids, durations.warmUpSeconds, durations.naiveSeconds, async () => {});
  } finally {
    await naive.stop();
  }
}

async function cpuUnder(
  plan: Omit<LoadPlan, 'drivers'>,
  pids: Readonly<Record<string, number>>,
  warmUpSeconds: number,
  seconds: number,
  settled: () => Promise<void>,
): Promise<CpuTimes<string>> {
  const load = await openLoad({ ...plan, drivers: plan.pingsPerSecond * PING_EVERY_SECONDS });
  try {
    await load.run({ seconds: warmUpSeconds });
    await settled();
    const before = readCpuTimes(pids);
    const { sent } = await load.run({ seconds });
    await settled();
    const times = cpuBetween(before, readCpuTimes(pids));
    return Object.fromEntries(Object.entries(times).map(([name, micros]) => [name, micros / sent]));
  } finally {
    await load.stop();
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

function nameOf({ carrier, connections, pingsAtOnce, pingsPerSecond }: Way): string {
  const [connectionsText, paceText] = [connections, pingsPerSecond].map((value) => value.toLocaleString('en'));
  return `${carrier}, ${pingsAtOnce} at once, ${connectionsText} connections, ${paceText} pings/s`;
}

function partsOf(times: CpuTimes<string>): string {
  return Object.entries(times)
    .map(([name, micros]) => `${name} ${micros.toFixed(1)}`)
    .join(', ');
}
