/**
 * What an app tells about itself: a log of changes of state on standard error, and metrics whose names stand in one table.
 * The hot path counts and does not log. The only importer of pino and prom-client.
 */
export * from './logger.js';
export * from './metric-names.js';
export * from './metrics.js';
export * from './pino-nest-logger.js';
