import type { Bench } from '../bench.js';
import { type CpuTimes, totalOf } from '../cpu-time.js';
import { compared, medianOf } from '../figure.js';
import { cpuOfHexfleet, insist, type Measured, partsOf, type Way } from '../ingest/cpu-a-ping.js';

const FULL: Measured = { warmUpSeconds: 12, seconds: 46 };
const TINY: Measured = { warmUpSeconds: 0.5, seconds: 0.5 };
const PINGS_PER_SECOND = 20_000;
const TINY_PINGS_PER_SECOND = 400;

export const WRITERS: Bench = {
  name: 'writers',
  hasPace: true,
  summary: 'CPU a ping, over all processes, with two writers beside one',
  bound: [
    'Writes are by partition, and as many with two writers as with one. Twice there are: a process with its timers and its',
    'collector, some 10 CPU-ms a second; the directory asked for to-dos by either, 80 calls a second of 10 µs each with',
    'their replies; calls to directory slots that hold half as many drivers each. 25 ms at 20,000 pings/s: 1 µs of some 16.',
  ],
  run: async ({ tiny, rounds, pace, say }) => {
    const pingsPerSecond = tiny ? TINY_PINGS_PER_SECOND : Math.round(PINGS_PER_SECOND * pace);
    const way: Way = { carrier: 'websocket, protobuf', connections: 64, pingsAtOnce: 20, pingsPerSecond };
    const measure = async (writers: number) => {
      const once = () => cpuOfHexfleet(way, tiny ? TINY : FULL, { writers });
      const times = await insist(once, (error) => say(`  ${error.message}; again …`));
      say(`${writers === 1 ? 'one writer' : 'two writers'}: ${totalOf(times).toFixed(1)} µs a ping: ${partsOf(times)}`);
      return times;
    };
    const one: CpuTimes<string>[] = [];
    const two: CpuTimes<string>[] = [];
    for (let round = 0; round < rounds; round++) {
      one.push(await measure(1));
      two.push(await measure(2));
    }
    const figure = { bench: 'writers', unit: 'CPU-µs a ping' };
    const at = `${pingsPerSecond.toLocaleString('en')} pings/s`;
    const partsOfCase = (name: string, samples: readonly CpuTimes<string>[]) =>
      Object.entries(PARTS).map(([part, of]) => ({
        ...{ ...figure, case: `${name}, ${at}`, metric: `of it, ${part}` },
        ours: medianOf(samples.map(of)),
      }));
    const all = { ours: medianOf(two.map(totalOf)), peer: medianOf(one.map(totalOf)), peerName: 'one writer' };
    return [
      compared({ ...figure, case: `two writers, ${at}`, metric: 'all processes', ...all }),
      ...partsOfCase('two writers', two),
      ...partsOfCase('one writer', one),
    ];
  },
};

const PARTS: Readonly<Record<string, (times: CpuTimes<string>) => number>> = {
  gateway: ({ gateway = 0 }) => gateway,
  NATS: ({ nats = 0 }) => nats,
  writers: ({ writer = 0, 'writer 2': second = 0 }) => writer + second,
  Redis: ({ redis = 0 }) => redis,
};
