import { type CpuTimes, cpuBetween, readCpuTimes, totalOf } from '../cpu-time.js';
import { Operator } from '../drill/operator.js';
import { compared, type Figure, medianOf } from '../figure.js';
import { type Load, openLoad } from '../ingest/load.js';
import type { LoadPlan } from '../ingest/load-plan.js';
import { settledBooks } from '../ingest/settled-books.js';
import { type Hexfleet, startHexfleet } from '../services/hexfleet.js';
import { SHED_BENCH, type ShedPart } from './part.js';

type Way = Pick<LoadPlan, 'connections' | 'pingsAtOnce' | 'pingsPerSecond'>;

const WAYS: readonly Way[] = [
  { connections: 64, pingsAtOnce: 20, pingsPerSecond: 20_000 },
  { connections: 2_000, pingsAtOnce: 1, pingsPerSecond: 8_000 },
];
const TINY_WAYS: readonly Way[] = [{ connections: 4, pingsAtOnce: 20, pingsPerSecond: 400 }];

interface Durations {
  readonly warmUpSeconds: number;
  readonly measureSeconds: number;
}

const FULL: Durations = { warmUpSeconds: 6, measureSeconds: 8 };
const TINY: Durations = { warmUpSeconds: 1, measureSeconds: 1 };
const PING_EVERY_SECONDS = 4;
const TTL_MS = 120_000;

/** Microseconds a ping, by process. */
interface Costs {
  /** All are admitted. */
  readonly admitted: CpuTimes<string>;
  /** All are shed. */
  readonly shed: CpuTimes<string>;
}

export const COST: ShedPart = {
  name: 'cost',
  bound: [
    'At 20 a frame a ping that is admitted costs 10 to 12 µs, of which the gateway’s are 3 to 4. One that is shed is read, checked',
    'and decided on, 2 to 3 µs, and has a line of its own in the answer, some 0.3 µs: no stream, no writer, no Redis. A quarter.',
    'At 1 a frame both bear a frame and an answer of their own, 15 to 20 µs: more than a half.',
  ],
  run: async ({ tiny, rounds, say }) => {
    const ways = tiny ? TINY_WAYS : WAYS;
    const samples = new Map<Way, Costs[]>(ways.map((way) => [way, []]));
    for (let round = 0; round < rounds; round++) {
      for (const way of ways) {
        const costs = await costsOf(way, tiny ? TINY : FULL);
        samples.get(way)?.push(costs);
        say(`  ${nameOf(way)}: ${lineOf(costs)}`);
      }
    }
    return ways.flatMap((way) => figuresOf(nameOf(way), samples.get(way) ?? []));
  },
};

/** The same pings, all of them admitted and then all of them shed: what runs beside them runs in both. */
async function costsOf(way: Way, durations: Durations): Promise<Costs> {
  const hexfleet = await startHexfleet({ ttlMs: TTL_MS });
  try {
    const operator = new Operator(hexfleet);
    await operator.change({ mode: 'off' }, 'what an admitted ping costs');
    return await underLoad(hexfleet, way, async (load) => {
      const admitted = await cpuOf(hexfleet, load, durations);
      await operator.change({ mode: 'fixed', fixedLevel: 1 }, 'what a shed ping costs');
      const shed = await cpuOf(hexfleet, load, durations);
      if (admitted.shedShare > 0.01 || shed.shedShare < 0.99) throw new Error('the policy was not in force');
      return { admitted: admitted.times, shed: shed.times };
    });
  } finally {
    await hexfleet.stop();
  }
}

async function underLoad<Result>(
  { gatewayUrl: url, fleetToken: token }: Hexfleet,
  way: Way,
  act: (load: Load) => Promise<Result>,
): Promise<Result> {
  const drivers = way.pingsPerSecond * PING_EVERY_SECONDS;
  const load = await openLoad({ ...way, carrier: 'websocket, protobuf', url, token, drivers });
  try {
    return await act(load);
  } finally {
    await load.stop();
  }
}

async function cpuOf(
  { gatewayUrl, writerUrls, writerPids: [writer], pids: { gateway, nats, redis } }: Hexfleet,
  load: Load,
  { warmUpSeconds, measureSeconds }: Durations,
): Promise<{ times: CpuTimes<string>; shedShare: number }> {
  const pids = { gateway, nats, writer, redis };
  await load.offer({ seconds: warmUpSeconds });
  // What was accepted before a reading must be written before it, or its cost falls outside.
  await settledBooks(gatewayUrl, writerUrls);
  const before = readCpuTimes(pids);
  const { sent, other } = await load.offer({ seconds: measureSeconds });
  await settledBooks(gatewayUrl, writerUrls);
  const times = cpuBetween(before, readCpuTimes(pids));
  return { times: mapped(times, (micros) => micros / sent), shedShare: other / sent };
}

function figuresOf(name: string, samples: readonly Costs[]): Figure[] {
  const figure = { bench: SHED_BENCH, case: name, unit: 'CPU-µs' };
  const beside = (metric: string, read: (times: CpuTimes<string>) => number): Figure => {
    const ours = medianOf(samples.map(({ shed }) => read(shed)));
    const peer = medianOf(samples.map(({ admitted }) => read(admitted)));
    // Over a second or two a process may have used less than the clock's grain.
    return peer > 0
      ? compared({ ...figure, metric, ours, peer, peerName: 'an admitted one' })
      : { ...figure, metric, ours };
  };
  const processes = Object.keys(samples[0]?.shed ?? {});
  return [
    beside('a shed ping, all processes', totalOf),
    ...processes.map((process) => beside(`of it, ${process}`, (times) => times[process] as number)),
  ];
}

function lineOf({ admitted, shed }: Costs): string {
  const parts = (times: CpuTimes<string>) =>
    Object.entries(times)
      .map(([process, micros]) => `${process} ${micros.toFixed(1)}`)
      .join(', ');
  return `admitted ${totalOf(admitted).toFixed(1)} µs (${parts(admitted)}), shed ${totalOf(shed).toFixed(1)} µs (${parts(shed)})`;
}

function nameOf({ connections, pingsAtOnce, pingsPerSecond }: Way): string {
  const [connectionsText, paceText] = [connections, pingsPerSecond].map((value) => value.toLocaleString('en'));
  return `protobuf, ${pingsAtOnce} a frame, ${connectionsText} sockets, ${paceText} pings/s`;
}

function mapped(times: CpuTimes<string>, change: (micros: number, name: string) => number): CpuTimes<string> {
  return Object.fromEntries(Object.entries(times).map(([name, micros]) => [name, change(micros, name)]));
}
