import 'reflect-metadata';
import { createPartitionStore } from '@hexfleet/location-store';
import { connectPingBus } from '@hexfleet/ping-bus';
import { PolicyFeed } from '@hexfleet/policy-store';
import { readSettingsOrExit } from '@hexfleet/settings';
import { DEFAULT_POLICY, PoliciesInForce } from '@hexfleet/shed-policy';
import { createLogger, createMetrics } from '@hexfleet/telemetry';
import { serve } from '@hexfleet/web-edge';
import { LocationWriter } from './location-writer.js';
import { PartitionIntake } from './partition-intake.js';
import { WriterModule } from './writer.module.js';
import { WriterMetrics } from './writer-metrics.js';
import { WriterPressure } from './writer-pressure.js';
import { WRITER_SETTINGS } from './writer-settings.js';

const settings = readSettingsOrExit(WRITER_SETTINGS);
const logger = createLogger({ app: 'location-writer', level: settings.logLevel });
const metrics = createMetrics();

const store = createPartitionStore({
  ...settings,
  onConnection: (endpoint, error) =>
    logger.warn({ endpoint, reason: error?.message }, error ? 'Redis is away' : 'Redis is back'),
  onProblems: (endpoint, problems) =>
    logger.warn({ endpoint, problems }, problems.length > 0 ? 'Redis has problems' : 'Redis has no problems'),
});
const bus = await connectPingBus({
  ...settings,
  onError: (error) => logger.warn({ err: error }, 'trouble with NATS'),
  onWidened: (widening) => logger.info(widening, 'the stream was widened'),
  onAltered: (alterations) => logger.warn(alterations, 'the stream was changed by hand, or back'),
});
const intake = new PartitionIntake(bus);
// Of the policy the writer needs to know how long a ping may wait; scopes of cells and statuses don't concern it.
const policies = new PoliciesInForce(DEFAULT_POLICY, () => []);
const feed = new PolicyFeed(bus.control, {
  ttlMs: settings.ttlMs,
  onChange: (state) => policies.use(state, Date.now()),
  onError: (error) => logger.warn({ err: error }, 'trouble with the policy'),
});
const pressure = new WriterPressure(settings.writerId, (nowMs) => {
  policies.refresh(nowMs);
  return policies.base.policy.targetLagMs;
});
const writer = new LocationWriter(settings, bus, store, pressure, new WriterMetrics(metrics), logger);
bus.onConnection((state) => {
  logger.info(state, state.up ? 'NATS is there' : 'NATS is away');
  if (state.up) store.holdFor(state.stream);
  if (state.up) writer.resume();
  else writer.pause();
});

await serve(WriterModule.with({ writer, bus, store, feed, metrics }), {
  settings,
  logger,
  configure: async (app) => {
    app.connectMicroservice({ strategy: intake });
    await app.startAllMicroservices();
    writer.start(intake);
  },
});
