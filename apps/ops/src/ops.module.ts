import { createTokenVerifier, TokenVerifier } from '@hexfleet/access';
import { type ControlBus, connectControlBus } from '@hexfleet/ping-bus';
import { PolicyStore } from '@hexfleet/policy-store';
import { createMetrics, type Logger, Metrics } from '@hexfleet/telemetry';
import { HealthModule } from '@hexfleet/web-edge';
import { type DynamicModule, Module } from '@nestjs/common';
import { DecisionsController } from './decisions.controller.js';
import { OpsLifecycle } from './ops-lifecycle.js';
import { AuditController } from './policy/audit.controller.js';
import { OverridesController } from './policy/overrides.controller.js';
import { PolicyController } from './policy/policy.controller.js';
import { PolicyDesk } from './policy/policy-desk.js';
import { PolicyKeeper } from './policy/policy-keeper.js';
import { FleetReports } from './pressure/fleet-reports.js';
import { PartitionsController } from './pressure/partitions.controller.js';
import { PressureController } from './pressure/pressure.controller.js';
import { type OpsSettings, SETTINGS } from './settings.js';
import { CONTROL_BUS } from './tokens.js';

/** The operators' app: keeps the policy, and tells what the other apps say of themselves, all over NATS. */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class.
export class OpsModule {
  /** `given`: the settings that were asked for, and are not so by default. */
  static with(settings: OpsSettings, logger: Logger, given: readonly string[] = []): DynamicModule {
    const parts = makeParts(settings, logger, given);
    return {
      module: OpsModule,
      imports: [HealthModule.register({ metrics: parts.metrics, checks: checksOf(parts) })],
      controllers: [
        PressureController,
        PartitionsController,
        DecisionsController,
        PolicyController,
        OverridesController,
        AuditController,
      ],
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: Metrics, useValue: parts.metrics },
        { provide: TokenVerifier, useFactory: () => createTokenVerifier(settings) },
        { provide: CONTROL_BUS, useValue: parts.own.bus },
        { provide: FleetReports, useValue: parts.reports },
        { provide: PolicyStore, useValue: parts.store },
        { provide: PolicyDesk, useValue: parts.desk },
        { provide: OpsLifecycle, useFactory: () => new OpsLifecycle(parts.keeper, parts.own) },
      ],
    };
  }
}

function makeParts(settings: OpsSettings, logger: Logger, given: readonly string[]) {
  const onError = (error: unknown) => logger.warn({ err: error }, 'NATS');
  const own = connectControlBus({ ...settings, onError: complainingOnce(onError) });
  const metrics = createMetrics();
  const store = new PolicyStore(own.bus, { onError });
  const keeper = new PolicyKeeper({ bus: own.bus, store, settings, given, logger, metrics, nowMs: Date.now });
  const desk = new PolicyDesk(store, settings, logger, metrics);
  const reports = new FleetReports(own.bus, Date.now);
  return { own, metrics, store, keeper, desk, reports };
}

/** The same failure comes several times a second while NATS is away, and is logged once. */
function complainingOnce(complain: (error: unknown) => void): (error: unknown) => void {
  let last = '';
  return (error) => {
    if (String(error) !== last) complain(error);
    last = String(error);
  };
}

function checksOf({ own, keeper }: { readonly own: { readonly bus: ControlBus }; readonly keeper: PolicyKeeper }) {
  return { nats: () => own.bus.checkConnection(), policy: () => keeper.check() };
}
