import { keysGiven, readSettingsOrExit } from '@hexfleet/settings';
import { createLogger } from '@hexfleet/telemetry';
import { serve } from '@hexfleet/web-edge';
import { OpsModule } from './ops.module.js';
import { OPS_SETTINGS } from './settings.js';

const settings = readSettingsOrExit(OPS_SETTINGS);
const logger = createLogger({ app: 'ops', level: settings.logLevel });
await serve(OpsModule.with(settings, logger, keysGiven(OPS_SETTINGS)), { settings, logger });
