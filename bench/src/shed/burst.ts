import { setTimeout as sleep } from 'node:timers/promises';
import { Drill, driversFor } from '../drill/drill.js';
import { compared } from '../figure.js';
import { alone, SHED_BENCH, type ShedPart } from './part.js';

interface Scale {
  readonly writerLimit: number;
  readonly calmSeconds: number;
  readonly burstSeconds: number;
  readonly afterSeconds: number;
  readonly measureSeconds: number;
}

const FULL: Scale = { writerLimit: 2_000, calmSeconds: 20, burstSeconds: 60, afterSeconds: 5, measureSeconds: 10 };
const TINY: Scale = { writerLimit: 200, calmSeconds: 1, burstSeconds: 1, afterSeconds: 0.5, measureSeconds: 0.5 };
/** Times what the writer takes. */
const CALM_TIMES = 0.8;
const BURST_TIMES = 4;
const TTL_MS = 60_000;

export const BURST: ShedPart = {
  name: 'burst',
  bound: [
    'While shedding holds the queue at its target, 0.5 s, its end leaves half a second’s worth of pings: at 0.8 of the limit a',
    'fifth of it is free, so that they are worked off in 2.5 s. What is known of the writer’s pace rises at once with calm;',
    'nothing is left after 5 s.',
  ],
  run: async ({ tiny, say }) => {
    const scale = tiny ? TINY : FULL;
    const { writerLimit, calmSeconds, burstSeconds, afterSeconds, measureSeconds } = scale;
    const groups = [
      { name: 'calm', drivers: driversFor(CALM_TIMES * writerLimit) },
      { name: 'burst', drivers: driversFor((BURST_TIMES - CALM_TIMES) * writerLimit) },
    ];
    return Drill.run({ writerLimit, ttlMs: TTL_MS }, async (drill) => {
      const { watch } = drill;
      const fleet = await drill.openFleet({ groups });
      fleet.offer('calm');
      await sleep((calmSeconds * 1_000) / 2);
      const calm = await watch.span(calmSeconds / 2);
      fleet.offer('calm', 'burst');
      const burst = await watch.span(burstSeconds);
      fleet.offer('calm');
      await sleep(afterSeconds * 1_000);
      const after = await watch.span(measureSeconds);
      for (const [when, span] of Object.entries({ calm, burst, after })) {
        const { offeredPerSecond, lagP95Seconds, shedShare } = span;
        say(
          `  ${when}: ${offeredPerSecond.toFixed(0)}/s, lag p95 ${lagP95Seconds.toFixed(2)} s, shed ${shedShare.toFixed(3)}`,
        );
      }
      const name = `${BURST_TIMES}× for ${burstSeconds} s, ${afterSeconds} s after`;
      const lag = {
        bench: SHED_BENCH,
        case: name,
        metric: 'lag, 95th percentile',
        unit: 's',
        ours: after.lagP95Seconds,
      };
      const calmLag = { peer: calm.lagP95Seconds, peerName: 'calm, before it' };
      return [
        calm.lagP95Seconds > 0 ? compared({ ...lag, ...calmLag }) : lag,
        alone(name, 'shed, of what was offered', 'of 1', after.shedShare),
        alone(`${BURST_TIMES}× for ${burstSeconds} s`, 'shed, of what was offered', 'of 1', burst.shedShare),
        alone(`${BURST_TIMES}× for ${burstSeconds} s`, 'lag, 95th percentile', 's', burst.lagP95Seconds),
        alone(
          `${BURST_TIMES}× for ${burstSeconds} s`,
          'written, of the limit',
          'of 1',
          burst.writtenPerSecond / writerLimit,
        ),
      ];
    });
  },
};
