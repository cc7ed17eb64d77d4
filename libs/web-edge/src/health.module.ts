import { METRIC, type Metrics } from '@hexfleet/telemetry';
import {
  Controller,
  type DynamicModule,
  type FactoryProvider,
  Get,
  Header,
  Inject,
  Module,
  type ModuleMetadata,
  Res,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Public } from './access-hook.js';
import { type Check, Readiness } from './readiness.js';

export interface HealthOptions {
  /** Dependencies by name, such as `nats`, `redis`. */
  readonly checks: Readonly<Record<string, Check>>;
  readonly metrics: Metrics;
  /** Bound on each check. */
  readonly timeoutMs?: number;
}

export interface HealthAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...dependencies: never[]) => HealthOptions | Promise<HealthOptions>;
}

const HEALTH_OPTIONS = Symbol('health options');
const DEFAULT_TIMEOUT_MS = 1_000;

@Controller()
class HealthController {
  readonly #readiness: Readiness;
  readonly #metrics: Metrics;
  readonly #dependencyUp;
  readonly #dependencyDegraded;

  constructor(@Inject(HEALTH_OPTIONS) { checks, metrics, timeoutMs = DEFAULT_TIMEOUT_MS }: HealthOptions) {
    this.#readiness = new Readiness(checks, timeoutMs);
    this.#metrics = metrics;
    this.#dependencyUp = metrics.gauge(METRIC.dependencyUp);
    this.#dependencyDegraded = metrics.gauge(METRIC.dependencyDegraded);
  }

  @Public()
  @Get('healthz')
  @Header('cache-control', 'no-store')
  alive(): { readonly alive: true } {
    return { alive: true };
  }

  @Public()
  @Get('readyz')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const report = await this.#readiness.report();
    for (const [dependency, result] of Object.entries(report.checks)) {
      this.#dependencyUp.set({ dependency }, result.ok ? 1 : 0);
      this.#dependencyDegraded.set({ dependency }, result.ok && result.degraded !== undefined ? 1 : 0);
    }
    await reply
      .code(report.ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(report);
  }

  @Public()
  @Get('metrics')
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', this.#metrics.contentType).send(await this.#metrics.text());
  }
}

/** `GET /healthz` (alive), `GET /readyz` (200 or 503, with the truth about each dependency), `GET /metrics`. */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class.
export class HealthModule {
  static register(options: HealthOptions): DynamicModule {
    return HealthModule.registerAsync({ useFactory: () => options });
  }

  /** For checks that need providers of other modules. */
  static registerAsync({ imports = [], inject = [], useFactory }: HealthAsyncOptions): DynamicModule {
    return {
      module: HealthModule,
      imports,
      controllers: [HealthController],
      providers: [{ provide: HEALTH_OPTIONS, inject, useFactory }],
    };
  }
}
