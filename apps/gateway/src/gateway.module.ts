import { randomBytes } from 'node:crypto';
import { createTokenVerifier, TokenVerifier } from '@hexfleet/access';
import { HomeCells } from '@hexfleet/cells';
import { AdmittedFixes, ClockOffsets } from '@hexfleet/ping';
import { createMetrics, type Logger, Metrics } from '@hexfleet/telemetry';
import { HealthModule } from '@hexfleet/web-edge';
import { type DynamicModule, Module } from '@nestjs/common';
import { GatewayLifecycle } from './gateway-lifecycle.js';
import { exportHoldings, exportShedding, exportSockets, exportTally, publishObserver } from './gateway-metrics.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from './gateway-settings.js';
import { Backlog } from './intake/backlog.js';
import { Outboxes } from './intake/outboxes.js';
import { PingIntake } from './intake/ping-intake.js';
import { PingTally } from './intake/ping-tally.js';
import { PingsController } from './pings.controller.js';
import { Shedding } from './shedding/shedding.js';
import { DriverStream } from './stream/driver-stream.js';
import { StreamLink } from './stream-link.js';

/** Wires the gateway. What its parts are is said where they are; in what order they start and stop, in GatewayLifecycle. */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class.
export class GatewayModule {
  static register(settings: GatewaySettings, logger: Logger): DynamicModule {
    const parts = makeParts(settings, logger);
    return {
      module: GatewayModule,
      imports: [HealthModule.register({ metrics: parts.metrics, checks: checksOf(parts) })],
      controllers: [PingsController],
      providers: [
        { provide: GATEWAY_SETTINGS, useValue: settings },
        { provide: TokenVerifier, useValue: parts.verifier },
        { provide: Metrics, useValue: parts.metrics },
        { provide: StreamLink, useValue: parts.link },
        { provide: Outboxes, useValue: parts.outboxes },
        { provide: PingIntake, useValue: parts.intake },
        { provide: DriverStream, useValue: parts.stream },
        { provide: Shedding, useValue: parts.shedding },
        GatewayLifecycle,
      ],
    };
  }
}

function makeParts(settings: GatewaySettings, logger: Logger) {
  const metrics = createMetrics();
  const verifier = createTokenVerifier(settings);
  const tally = new PingTally();
  const backlog = new Backlog(settings.maxPendingPings);
  const admitted = new AdmittedFixes(settings.driversRemembered);
  const cells = new HomeCells(settings);
  const nowMs = Date.now;
  const shedding = new Shedding(settings, { logger, cells, backlog, nowMs, heldBytes: () => outboxes.heldBytes });
  const { pressure, shedder } = shedding;
  const link: StreamLink = new StreamLink(settings, logger, {
    onConnected: (bus) => shedding.connect(bus),
    onUp: () => {
      pressure.streamUp();
      outboxes.retrySoon();
    },
  });
  const observePublish = publishObserver(metrics);
  const outboxes = new Outboxes(settings.partitions, {
    settings,
    publisher: link,
    tally,
    backlog,
    takeBack: (ping) => {
      admitted.forget(ping);
      shedder.forget(ping);
    },
    nowMs,
    newPublisherName: () => randomBytes(8).toString('hex'),
    observePublish: (result, elapsedMs, pings) => {
      pressure.noteAck(elapsedMs);
      observePublish(result, elapsedMs, pings);
    },
  });
  const intake = new PingIntake({
    policies: shedding.policies,
    shedder,
    pressure,
    hints: shedding.hints,
    decisions: shedding.decisions,
    clocks: new ClockOffsets(settings.driversRemembered),
    admitted,
    cells,
    outboxes,
    backlog,
    tally,
    nowMs,
  });
  const { ladder } = pressure;
  const stream = new DriverStream(settings, verifier, { ...settings, intake, ladder, verifier, nowMs }, Math.random);
  exportTally(metrics, tally);
  exportHoldings(metrics, { outboxes, backlog, admitted });
  exportShedding(metrics, { pressure, policies: shedding.policies, shedder, tally });
  exportSockets(metrics, stream);
  return { metrics, verifier, link, outboxes, intake, stream, shedding };
}

/** Whether a ping sent now could be accepted. */
function checksOf({ link, intake, shedding }: ReturnType<typeof makeParts>) {
  return {
    policy: () => shedding.checkPolicy(),
    pressure: () => {
      if (link.connected && !shedding.pressure.isSettled)
        throw new Error('the writers have not told of their pressure yet');
    },
    nats: () => link.check(),
    intake: () => {
      if (intake.isClosed) throw new Error('the gateway is about to stop');
    },
  };
}
