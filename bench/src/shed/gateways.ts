import { setTimeout as sleep } from 'node:timers/promises';
import { Drill, driversFor } from '../drill/drill.js';
import type { FleetLoad } from '../drill/fleet-load.js';
import type { FleetReport, SecondOfPings } from '../drill/fleet-plan.js';
import type { Span } from '../drill/pressure-watch.js';
import { compared, type Figure } from '../figure.js';
import { alone, SHED_BENCH, type ShedPart } from './part.js';

interface Scale {
  readonly writerLimit: number;
  readonly settleSeconds: number;
  readonly measureSeconds: number;
  readonly awaySeconds: number;
}

const FULL: Scale = { writerLimit: 2_000, settleSeconds: 25, measureSeconds: 15, awaySeconds: 10 };
const TINY: Scale = { writerLimit: 200, settleSeconds: 0.5, measureSeconds: 0.5, awaySeconds: 0.5 };
const TIMES = 4;
const TTL_MS = 60_000;

interface Stretch {
  readonly span: Span;
  readonly report: FleetReport;
}

export const GATEWAYS: ShedPart = {
  name: 'gateways',
  bound: [
    'Dealt in turn to three, each gateway hears of every third ping of a driver and believes what it last admitted itself;',
    'readers believe the newest of three. So a gateway takes an error for larger than it is and admits too much of the same:',
    'less well chosen, not more: the share is the writer’s. One killed takes with it what waited 0.2 s for its flush; the',
    'others are offered half more, and shed it. Started again, it knows no driver and admits each by the share.',
  ],
  run: async ({ tiny, say }) => {
    const scale = tiny ? TINY : FULL;
    const { writerLimit } = scale;
    const drivers = driversFor(TIMES * writerLimit);
    return Drill.run({ writerLimit, ttlMs: TTL_MS }, async (drill) => {
      const first = await drill.openFleet({ groups: [{ name: 'first', drivers }] });
      const one = await settled(drill, first, 'first', scale);
      say(`  one gateway: ${lineOf(one)}`);
      await first.stop();
      const [doomed] = [await drill.addGateway(), await drill.addGateway()] as const;
      const fleet = await drill.openFleet({ groups: [{ name: 'second', drivers }] });
      const three = await settled(drill, fleet, 'second', scale);
      say(`  three: ${lineOf(three)}`);
      await doomed.kill();
      const two = await stretch(drill, fleet, scale.awaySeconds);
      say(`  one of them killed: ${lineOf(two)}`);
      await doomed.start();
      const back = await stretch(drill, fleet, scale.awaySeconds);
      say(`  and back: ${lineOf(back)}`);
      return [
        ...figuresOf('three gateways', three, one, scale),
        ...figuresOf('three, one killed', two, one, scale),
        ...figuresOf('three, one back', back, one, scale),
      ];
    });
  },
};

async function settled(
  drill: Drill,
  fleet: FleetLoad,
  group: string,
  { settleSeconds, measureSeconds }: Scale,
): Promise<Stretch> {
  fleet.offer(group);
  await sleep(settleSeconds * 1_000);
  await fleet.report();
  return stretch(drill, fleet, measureSeconds);
}

async function stretch({ watch }: Drill, fleet: FleetLoad, seconds: number): Promise<Stretch> {
  const span = await watch.span(seconds);
  return { span, report: await fleet.report() };
}

function figuresOf(name: string, { span, report }: Stretch, one: Stretch, { writerLimit }: Scale): Figure[] {
  const beside = (metric: string, unit: string, ours: number, peer: number) => {
    const figure = { bench: SHED_BENCH, case: name, metric, unit, ours };
    return peer > 0 ? compared({ ...figure, peer, peerName: 'one gateway' }) : figure;
  };
  return [
    beside(
      'written, of the limit',
      'of 1',
      span.writtenPerSecond / writerLimit,
      one.span.writtenPerSecond / writerLimit,
    ),
    beside('lag, 95th percentile', 's', span.lagP95Seconds, one.span.lagP95Seconds),
    beside('position error, 95th percentile', 'm', errorM(report), errorM(one.report)),
    alone(name, 'without an answer', 'of 1', report.readings === 0 ? 0 : report.failed / report.readings),
    alone(
      name,
      'admitted in its busiest second, of the limit',
      'of 1',
      (busiestSecond(report)?.accepted ?? 0) / writerLimit,
    ),
  ];
}

function errorM({ error }: FleetReport): number {
  return Number.isFinite(error.p95M) ? error.p95M : 0;
}

/** The first and the last second are cut off at one end. */
function busiestSecond({ seconds }: FleetReport): SecondOfPings | undefined {
  const whole = seconds.toSorted((a, b) => a.second - b.second).slice(1, -1);
  return whole.toSorted((a, b) => b.accepted - a.accepted)[0];
}

function lineOf({ span, report }: Stretch): string {
  const { offeredPerSecond, writtenPerSecond, lagP95Seconds } = span;
  const paces = `offered ${offeredPerSecond.toFixed(0)}/s, written ${writtenPerSecond.toFixed(0)}/s`;
  const busiest = busiestSecond(report);
  const flood = `busiest second ${busiest?.accepted} of ${busiest?.sent}, failed ${report.failed}`;
  return `${paces}, lag p95 ${lagP95Seconds.toFixed(2)} s, error p95 ${errorM(report).toFixed(0)} m, ${flood}`;
}
