import 'reflect-metadata';
import { readSettingsOrExit } from '@hexfleet/settings';
import { createLogger } from '@hexfleet/telemetry';
import { serve } from '@hexfleet/web-edge';
import { NearbyModule } from './nearby.module.js';
import { NEARBY_SETTINGS } from './settings.js';

const settings = readSettingsOrExit(NEARBY_SETTINGS);
const logger = createLogger({ app: 'nearby', level: settings.logLevel });
await serve(NearbyModule.with(settings, logger), { settings, logger });
