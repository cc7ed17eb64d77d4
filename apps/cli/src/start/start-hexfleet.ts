import { createLogger, type Logger } from '@hexfleet/telemetry';
import { prepareDataFolder } from '../data-folder.js';
import { ensureSecrets } from '../secrets.js';
import { lockDataFolder } from './data-folder-lock.js';
import { firstAnswer } from './first-answer.js';
import { HexfleetRun } from './hexfleet-run.js';
import { requireFreePorts } from './ports.js';
import { readyLine, welcome } from './report.js';
import { RunRecord } from './run-record.js';
import type { StartOptions } from './start-options.js';
import { stopRequest } from './stop-request.js';

/**
 * Starts all, says so, keeps it alive until asked to stop, and stops all. Resolves true when all of that went well.
 *
 * @throws UserError when it can't start; nothing is left running then.
 */
export async function startHexfleet(options: StartOptions): Promise<boolean> {
  const logger = createLogger({ app: 'start', level: process.env.HEXFLEET_LOG_LEVEL ?? 'info' });
  const stop = stopRequest(() => {
    logger.error('asked to stop again: leaving at once');
    process.exit(1);
  });
  await prepareDataFolder(options.dataDir);
  const lock = await lockDataFolder(options.dataDir);
  try {
    return await runLocked(options, logger, stop, () => lock.markStopping());
  } finally {
    lock.release();
  }
}

async function runLocked(
  options: StartOptions,
  logger: Logger,
  stop: Promise<string>,
  markStopping: () => void,
): Promise<boolean> {
  const record = new RunRecord(options.dataDir);
  const leftovers = await record.endLeftovers();
  if (leftovers.length > 0) logger.warn({ leftovers }, 'ended what an earlier run had left behind');
  await requireFreePorts(process.env.HEXFLEET_HOST ?? '127.0.0.1', [
    { port: options.gatewayPort, flag: '--gateway-port' },
    { port: options.nearbyPort, flag: '--nearby-port' },
    { port: options.opsPort, flag: '--ops-port' },
  ]);
  const run = new HexfleetRun(options, ensureSecrets(options.dataDir), record, logger);
  let orderly = false;
  try {
    const up = await Promise.race([run.start(), stop.then(() => undefined)]);
    if (up !== undefined) {
      if (options.json) process.stdout.write(`${readyLine(up)}\n`);
      else {
        if (options.demo) await Promise.race([firstAnswer(up), stop]);
        process.stdout.write(welcome(up, options.dataDir, options.demo));
      }
    }
    logger.info(`stopping: ${await stop}`);
  } finally {
    markStopping();
    orderly = await run.stop();
    record.clear();
  }
  if (!orderly) logger.error('something did not stop in time and was killed');
  return orderly;
}
