import { setTimeout as sleep } from 'node:timers/promises';
import { HomeCells } from '@hexfleet/cells';
import { destination, distanceM, type LatLng } from '@hexfleet/geodesy';
import type { BenchOptions } from '../bench.js';
import { Drill, driversFor } from '../drill/drill.js';
import type { FleetLoad } from '../drill/fleet-load.js';
import type { FleetReport } from '../drill/fleet-plan.js';
import { LAYOUT } from '../drill/layout.js';
import type { Figure } from '../figure.js';
import { CITY } from '../fleet/moving-cars.js';
import { alone } from './part.js';

interface Scale {
  readonly writerLimit: number;
  readonly calmSeconds: number;
  readonly settleSeconds: number;
  readonly measureSeconds: number;
}

const FULL: Scale = { writerLimit: 2_000, calmSeconds: 30, settleSeconds: 10, measureSeconds: 20 };
const TINY: Scale = { writerLimit: 200, calmSeconds: 1, settleSeconds: 0.5, measureSeconds: 0.5 };
/** Of what the writer takes, by the whole city. */
const CALM_SHARE = 0.7;
/** Times what that leaves, by the crowds. */
const CROWD_TIMES = 10;
const CROWDS = 3;
const CROWD_RADIUS_M = 600;
const TTL_MS = 60_000;

/** Crowds in three home cells beside a city that goes on as ever. */
export async function hotPartitions({ tiny, say }: BenchOptions): Promise<Figure[]> {
  const scale = tiny ? TINY : FULL;
  const { writerLimit } = scale;
  const homes = new HomeCells(LAYOUT);
  const places = cellMiddles(homes).slice(0, CROWDS);
  const crowd = (CROWD_TIMES * (1 - CALM_SHARE) * writerLimit) / places.length;
  const groups = [
    { name: 'city', drivers: driversFor(CALM_SHARE * writerLimit) },
    ...places.map((center, index) => ({
      name: `crowd${index + 1}`,
      drivers: driversFor(crowd),
      center,
      radiusM: CROWD_RADIUS_M,
    })),
  ];
  const hot = new Set(places.map(({ latDeg, lngDeg }) => homes.partitionOf(latDeg, lngDeg)));
  return Drill.run({ writerLimit, ttlMs: TTL_MS }, async (drill) => {
    const fleet = await drill.openFleet({ groups });
    const before = await calmBefore(fleet, scale);
    fleet.offer(...groups.map(({ name }) => name));
    await sleep(scale.settleSeconds * 1_000);
    const atCome = await fleet.report();
    const span = await drill.watch.span(scale.measureSeconds);
    const report = await fleet.report();
    const [calm, crowded] = [
      countsOf(report, (partition) => !hot.has(partition)),
      countsOf(report, (it) => hot.has(it)),
    ];
    say(`  ${hot.size} hot partitions, ${calm.partitions} calm: shed ${crowded.shed} and ${calm.shed}`);
    const name = `crowds in ${hot.size} partitions`;
    const calmAtCome = countsOf(atCome, (partition) => !hot.has(partition));
    return [
      alone(name, 'shed in calm partitions', 'pings', calm.shed),
      alone(name, 'decided on in calm partitions', 'pings', calm.decided),
      alone(name, `shed in calm partitions, in the first ${scale.settleSeconds} s`, 'pings', calmAtCome.shed),
      alone(name, 'shed in calm partitions before there was a crowd', 'pings', before.shed),
      alone(name, 'shed in hot partitions', 'of 1', crowded.decided === 0 ? 0 : crowded.shed / crowded.decided),
      alone(name, 'written, of the limit', 'of 1', span.writtenPerSecond / writerLimit),
      alone(name, 'lag, 95th percentile', 's', span.lagP95Seconds),
    ];
  });
}

async function calmBefore(fleet: FleetLoad, { calmSeconds }: Scale) {
  fleet.offer('city');
  await sleep(calmSeconds * 1_000);
  return countsOf(await fleet.report(), () => true);
}

function countsOf({ partitions }: FleetReport, counts: (partition: number) => boolean) {
  const counted = partitions.filter(({ partition }) => counts(partition));
  return {
    partitions: counted.length,
    decided: counted.reduce((sum, { decided }) => sum + decided, 0),
    shed: counted.reduce((sum, { shed }) => sum + shed, 0),
  };
}

/** Places around which a crowd stays in one home cell, each of another partition, from the middle of the city outward. */
function cellMiddles(homes: HomeCells): LatLng[] {
  const STEPS = 40;
  const middles = new Map<number, LatLng>();
  for (let step = 0; step < STEPS * STEPS; step++) {
    const latDeg = CITY.southDeg + (CITY.heightDeg * Math.floor(step / STEPS)) / STEPS;
    const lngDeg = CITY.westDeg + (CITY.widthDeg * (step % STEPS)) / STEPS;
    const partition = homes.partitionOf(latDeg, lngDeg);
    if (!middles.has(partition) && isInsideCell(homes, { latDeg, lngDeg })) middles.set(partition, { latDeg, lngDeg });
  }
  const middle = { latDeg: CITY.southDeg + CITY.heightDeg / 2, lngDeg: CITY.westDeg + CITY.widthDeg / 2 };
  return [...middles.values()].sort((a, b) => distanceM(a, middle) - distanceM(b, middle));
}

function isInsideCell(homes: HomeCells, middle: LatLng): boolean {
  const cell = homes.cellOf(middle.latDeg, middle.lngDeg);
  // Phones are off by up to 90 m on each axis.
  return [0, 45, 90, 135, 180, 225, 270, 315].every((bearingDeg) => {
    const { latDeg, lngDeg } = destination(middle, bearingDeg, CROWD_RADIUS_M + 150);
    return homes.cellOf(latDeg, lngDeg) === cell;
  });
}
