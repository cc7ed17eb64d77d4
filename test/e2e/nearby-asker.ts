import { type Claims, signToken } from '@hexfleet/access';
import { readSettings } from '@hexfleet/settings';
import { createLogger } from '@hexfleet/telemetry';
import { createHttpApp } from '@hexfleet/web-edge';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { NearbyModule } from '../../apps/nearby/src/nearby.module.js';
import { NEARBY_SETTINGS, type NearbySettings } from '../../apps/nearby/src/settings.js';

export const REDIS_PASSWORD = 'a-password-for-tests';
export const TTL_MS = 60_000;
export const CITY = { latDeg: 37.76, lngDeg: -122.43 };
const SECRET = 'a secret of at least 32 characters';

export interface NearbyDriver {
  readonly id: string;
  readonly lat: number;
  readonly lng: number;
  readonly headingDeg?: number;
  readonly speedMps?: number;
  readonly status: string;
  readonly distanceM: number;
  readonly capturedAtMs: number;
  readonly ageMs: number;
}

export function settingsFor(redisUrls: string): NearbySettings {
  return readSettings(NEARBY_SETTINGS, {
    HEXFLEET_REDIS_URLS: redisUrls,
    HEXFLEET_JWT_SECRET: SECRET,
    HEXFLEET_PSEUDONYM_SECRET: SECRET,
    HEXFLEET_TTL_MS: String(TTL_MS),
    HEXFLEET_PARTITIONS: '16',
  });
}

export async function nearbyApp(settings: NearbySettings): Promise<NestFastifyApplication> {
  const logger = createLogger({ app: 'nearby', level: 'silent' });
  const http = await createHttpApp(NearbyModule.with(settings, logger), { logger });
  await http.init();
  await http.getHttpAdapter().getInstance().ready();
  return http;
}

export async function untilReady(nearby: NestFastifyApplication): Promise<void> {
  while ((await nearby.inject('/readyz')).statusCode !== 200) await new Promise((again) => setTimeout(again, 50));
}

/** Who asks a nearby app, each by a name with a token of its own. */
export class Asker {
  readonly #tokens = new Map<string, string>();

  constructor(private readonly app: NestFastifyApplication) {}

  async grant(name: string, claims: Omit<Claims, 'expiresAtMs'>): Promise<void> {
    this.#tokens.set(name, await signToken({ secret: SECRET, claims, ttlSeconds: 600 }));
  }

  get(who: string, url: string) {
    return this.app.inject({ url, headers: { authorization: `Bearer ${this.#tokens.get(who)}` } });
  }

  async near(
    who: string,
    { latDeg, lngDeg }: { latDeg: number; lngDeg: number },
    parameters: Record<string, string | number> = {},
  ): Promise<{ asOfMs: number; degraded: boolean; drivers: NearbyDriver[] }> {
    const query = Object.entries({ lat: latDeg, lng: lngDeg, ...parameters }).map((pair) => pair.join('='));
    const answer = await this.get(who, `/v1/drivers/nearby?${query.join('&')}`);
    if (answer.statusCode !== 200) throw new Error(answer.body);
    return answer.json();
  }
}

/** A generator of its own, so that a failing place comes back (Park and Miller's minimal standard). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
