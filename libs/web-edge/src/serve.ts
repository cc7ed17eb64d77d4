import type { AddressInfo } from 'node:net';
import type { Logger } from '@hexfleet/telemetry';
import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp, type HttpAppOptions } from './http-app.js';

export interface ServeOptions extends HttpAppOptions {
  readonly settings: {
    readonly host: string;
    readonly port: number;
    readonly maxConnections: number;
    readonly maxRequests: number;
  };
  /** Runs before the app listens: to connect microservices, or to attach to the HTTP server. */
  readonly configure?: (app: NestFastifyApplication) => Promise<void> | void;
  /** How long the whole stop may take. */
  readonly stopMs?: number;
}

const DEFAULT_STOP_MS = 10_000;

/**
 * Runs an app until it is told to stop. Tells its parent, where it has one, when it is ready and where. SIGTERM, SIGINT and
 * the death of the parent (its IPC channel closes) stop it: requests under way are answered, providers are closed in Nest's
 * order (`onModuleDestroy`, `beforeApplicationShutdown`, the HTTP server, `onApplicationShutdown`: close what requests
 * need in the last one), all within a bound; then the process exits with 0. A start that fails exits with 1.
 */
export async function serve(module: Type | DynamicModule, options: ServeOptions): Promise<NestFastifyApplication> {
  const { settings, logger, configure } = options;
  let app: NestFastifyApplication | undefined;
  stopWhenTold(options, () => app);
  try {
    const { maxConnections, maxRequests } = settings;
    app = await createHttpApp(module, { maxConnections, maxRequests, ...options });
    await configure?.(app);
    await app.listen(settings.port, settings.host);
  } catch (error) {
    logger.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
  const url = urlOf(app.getHttpServer().address() as AddressInfo);
  logger.info({ url }, 'ready');
  if (process.connected) process.send?.({ ready: true, url });
  return app;
}

function stopWhenTold(options: ServeOptions, appOf: () => NestFastifyApplication | undefined): void {
  const { logger } = options;
  let stopping = false;
  const stop = (cause: string) => {
    // A terminal's Ctrl-C reaches the whole group, and a parent passes it on: several causes, one stop.
    if (stopping) return;
    stopping = true;
    logger.info({ cause }, 'stopping');
    void close(appOf(), options).finally(() => process.exit(0));
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('disconnect', () => stop('the parent process has gone'));
  // It may have gone before anyone listened.
  if (process.send !== undefined && !process.connected) stop('the parent process has gone');
  process.on('uncaughtException', (error) => die(logger, error));
  process.on('unhandledRejection', (reason) => die(logger, reason));
}

/** Past an exception that nobody caught the state is not known: the supervisor's restart is the way back. */
function die(logger: Logger, error: unknown): never {
  logger.fatal({ err: error }, 'an exception that nobody caught');
  process.exit(1);
}

async function close(app: NestFastifyApplication | undefined, options: ServeOptions): Promise<void> {
  if (app === undefined) return;
  const { logger, stopMs = DEFAULT_STOP_MS } = options;
  const bound = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), stopMs).unref());
  try {
    if ((await Promise.race([app.close(), bound])) === 'late') logger.warn({ stopMs }, 'did not stop in time');
    else logger.info('stopped');
  } catch (error) {
    logger.error({ err: error }, 'stopped with an error');
  }
}

function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
