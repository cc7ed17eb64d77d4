import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figure.js';
import { openLoad } from '../ingest/load.js';
import { startHexfleet } from '../services/hexfleet.js';
import { measureQueries } from './measured-queries.js';
import type { Place } from './queries.js';
import { K, RADIUS_M, type Scale } from './scale.js';

/** The same fleet sent in as pings, and asked for over HTTP, with nobody else at work. */
export async function overHttp(scale: Scale, say: (line: string) => void): Promise<Figure[]> {
  const hexfleet = await startHexfleet();
  try {
    const pingsPerSecond = scale.drivers / 5;
    const load = await openLoad({
      ...{ carrier: 'websocket, protobuf', url: hexfleet.gatewayUrl, token: hexfleet.fleetToken },
      ...{ connections: 16, pingsAtOnce: 50, pingsPerSecond, drivers: scale.drivers },
    });
    await load.run({ seconds: 5.2 });
    await load.stop();
    await sleep(1_000);
    const { nearby, redis } = hexfleet.pids;
    const ask = async ({ latDeg, lngDeg }: Place) => {
      const url = `${hexfleet.nearbyUrl}/v1/drivers/nearby?lat=${latDeg}&lng=${lngDeg}&limit=${K}&radiusM=${RADIUS_M}`;
      const response = await fetch(url, { headers: { authorization: `Bearer ${hexfleet.fleetToken}` } });
      const { drivers } = (await response.json()) as { drivers: unknown[] };
      if (drivers.length !== K) throw new Error(`${drivers.length} drivers in an answer`);
    };
    const { perSecond, microsAQuery } = await measureQueries({ nearby, redis }, scale.seconds, ask);
    say(`over HTTP: ${Math.round(perSecond)} queries a second, ${microsAQuery.toFixed(0)} µs each`);
    const figure = { bench: 'nearby', case: `${scale.drivers.toLocaleString('en')} drivers, k = ${K}, over HTTP` };
    return [
      { ...figure, metric: 'answers, the asking process on the same machine', unit: 'queries/s', ours: perSecond },
      { ...figure, metric: 'nearby and Redis', unit: 'CPU-µs a query', ours: microsAQuery },
    ];
  } finally {
    await hexfleet.stop();
  }
}
