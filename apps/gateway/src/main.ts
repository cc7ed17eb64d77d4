import { readSettingsOrExit } from '@hexfleet/settings';
import { createLogger } from '@hexfleet/telemetry';
import { serve } from '@hexfleet/web-edge';
import { GatewayModule } from './gateway.module.js';
import { gatewaySettings } from './gateway-settings.js';
import { refuseWhenOverloaded } from './refuse-overloaded.js';
import { Shedding } from './shedding/shedding.js';

/** On top of the drain: for sockets and the server to close. */
const CLOSING_MS = 5_000;

const settings = readSettingsOrExit(gatewaySettings);
const logger = createLogger({ app: 'gateway', level: settings.logLevel });

await serve(moduleOrExit(), {
  settings,
  logger,
  bodyLimitBytes: settings.maxBodyBytes,
  maxConnections: settings.maxConnections + settings.maxSockets,
  configure: (app) => refuseWhenOverloaded(app, app.get(Shedding).pressure.ladder, settings.retryAfterSeconds),
  drainMs: settings.drainMs + CLOSING_MS / 2,
  stopMs: settings.drainMs + CLOSING_MS,
});

/** A key file that isn't there, or is no key, shows only here. */
function moduleOrExit() {
  try {
    return GatewayModule.register(settings, logger);
  } catch (error) {
    logger.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
}
