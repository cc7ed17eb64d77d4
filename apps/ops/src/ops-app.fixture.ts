import { setTimeout as sleep } from 'node:timers/promises';
import { type Role, signToken } from '@hexfleet/access';
import { readSettings } from '@hexfleet/settings';
import { createLogger } from '@hexfleet/telemetry';
import { createHttpApp, type NestFastifyApplication } from '@hexfleet/web-edge';
import { OpsModule } from './ops.module.js';
import { OPS_SETTINGS } from './settings.js';

const SECRET = 'a secret that is long enough for HS256';

interface Request {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly url: string;
  readonly payload?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** None for no token. */
  readonly role?: Role | 'none';
}

/** The app of operators on a NATS, asked without a port. */
export class OpsApp {
  constructor(readonly app: NestFastifyApplication) {}

  static async start(natsUrl: string, env: Readonly<Record<string, string>> = {}): Promise<OpsApp> {
    const all = { HEXFLEET_NATS_URL: natsUrl, HEXFLEET_JWT_SECRET: SECRET, HEXFLEET_PARTITIONS: '2', ...env };
    const logger = createLogger({ app: 'ops', level: 'silent' });
    const app = await createHttpApp(OpsModule.with(readSettings(OPS_SETTINGS, all), logger), { logger });
    await app.init();
    return new OpsApp(app);
  }

  async ask({ method = 'GET', url, payload, headers = {}, role = 'ops' }: Request) {
    const claims = { subject: `local-${role}`, role: role as Role };
    const token = role === 'none' ? undefined : await signToken({ secret: SECRET, claims, ttlSeconds: 60 });
    return this.app.inject({
      method,
      url,
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(payload !== undefined && { payload }),
    });
  }

  /** Waits until the readiness is as told; gives up with the last report. */
  async readiness(status: number): Promise<Record<string, unknown>> {
    for (let tries = 0; ; tries++) {
      const response = await this.app.inject('/readyz');
      if (response.statusCode === status) return response.json();
      if (tries > 200) throw new Error(`readiness stays ${response.body}`);
      await sleep(100);
    }
  }
}
