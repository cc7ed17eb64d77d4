import 'reflect-metadata';
import { createPartitionStore } from '@hexfleet/location-store';
import { connectionOptions, connectPingBus } from '@hexfleet/ping-bus';
import { readSettingsOrExit } from '@hexfleet/settings';
import { createLogger, createMetrics } from '@hexfleet/telemetry';
import { serve } from '@hexfleet/web-edge';
import { Transport } from '@nestjs/microservices';
import { LocationWriter } from './location-writer.js';
import { PartitionIntake } from './partition-intake.js';
import { WriterModule } from './writer.module.js';
import { WriterMetrics } from './writer-metrics.js';
import { WRITER_SETTINGS } from './writer-settings.js';

const settings = readSettingsOrExit(WRITER_SETTINGS);
const logger = createLogger({ app: 'location-writer', level: settings.logLevel });
const metrics = createMetrics();

const store = createPartitionStore({
  ...settings,
  onConnection: (endpoint, error) =>
    logger.warn({ endpoint, reason: error?.message }, error ? 'Redis is away' : 'Redis is back'),
});
const bus = await connectPingBus({
  ...settings,
  onError: (error) => logger.warn({ err: error }, 'trouble with NATS'),
  onWidened: (widening) => logger.info(widening, 'the stream was widened'),
});
const intake = new PartitionIntake(bus);
const writer = new LocationWriter(settings, bus, store, new WriterMetrics(metrics), logger);
bus.onConnection((state) => {
  logger.info(state, state.up ? 'NATS is there' : 'NATS is away');
  if (state.up) writer.resume();
  else writer.pause();
});

await serve(WriterModule.with({ settings, writer, bus, store, metrics }), {
  settings,
  logger,
  configure: async (app) => {
    app.connectMicroservice({ strategy: intake });
    app.connectMicroservice({
      transport: Transport.NATS,
      options: { ...connectionOptions(settings.natsUrl), maxReconnectAttempts: -1, waitOnFirstConnect: true },
    });
    await app.startAllMicroservices();
    writer.start(intake);
  },
});
