import { createTokenVerifier, TokenVerifier } from '@hexfleet/access';
import { CellCover } from '@hexfleet/cells';
import { createLocationReader, LocationReader } from '@hexfleet/location-store';
import { createMetrics, type Logger, Metrics } from '@hexfleet/telemetry';
import { HealthModule } from '@hexfleet/web-edge';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { AnsweredPositions } from './answered-positions.js';
import { DriverController } from './driver.controller.js';
import { NearbyController } from './nearby.controller.js';
import { NearbyMetrics } from './nearby-metrics.js';
import { NearestDrivers } from './nearest-drivers.js';
import { Pseudonyms } from './pseudonyms.js';
import { type NearbySettings, TTL_MS } from './settings.js';

/** The riders' app: who is near, and where one driver is. It reads the store and never writes to it. */
@Module({})
export class NearbyModule implements OnApplicationShutdown {
  constructor(private readonly reader: LocationReader) {}

  static with(settings: NearbySettings, logger: Logger): DynamicModule {
    const { partitions, ttlMs } = settings;
    const metrics = createMetrics();
    const reader = createLocationReader({
      ...settings,
      onConnection: (endpoint, error) =>
        logger.warn({ endpoint, reason: error?.message }, error ? 'Redis is away' : 'Redis is back'),
      onProblems: (endpoint, problems) =>
        logger.warn({ endpoint, problems }, problems.length > 0 ? 'Redis has problems' : 'Redis has no problems'),
    });
    const answered = new AnsweredPositions(ttlMs);
    const cover = new CellCover(settings);
    const nearbyMetrics = new NearbyMetrics(metrics);
    return {
      module: NearbyModule,
      imports: [HealthModule.register({ metrics, checks: { redis: () => reader.check() } })],
      controllers: [NearbyController, DriverController],
      providers: [
        { provide: TokenVerifier, useFactory: () => createTokenVerifier(settings) },
        { provide: Metrics, useValue: metrics },
        { provide: NearbyMetrics, useValue: nearbyMetrics },
        { provide: LocationReader, useValue: reader },
        { provide: AnsweredPositions, useValue: answered },
        { provide: Pseudonyms, useValue: new Pseudonyms(settings.pseudonymSecret) },
        { provide: NearestDrivers, useValue: new NearestDrivers(reader, cover, answered, { partitions, ttlMs }) },
        { provide: TTL_MS, useValue: ttlMs },
      ],
    };
  }

  onApplicationShutdown(): void {
    this.reader.close();
  }
}
