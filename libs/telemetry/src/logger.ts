import { destination, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';

export type Logger = PinoLogger;

export interface LoggerOptions {
  /** The app's name, on every line. */
  readonly app: string;
  /** A level of pino, or `silent`. */
  readonly level?: string;
}

const STANDARD_ERROR = 2;

/**
 * A log on standard error: JSON, a line an event, or a readable form when standard error is a terminal. Written
 * synchronously: what is logged is rare and must not be lost when the process ends.
 */
export function createLogger({ app, level = 'info' }: LoggerOptions): Logger {
  const stream = process.stderr.isTTY
    ? pretty({ destination: STANDARD_ERROR, sync: true, ignore: 'pid,app', messageFormat: '[{app}] {msg}' })
    : destination({ dest: STANDARD_ERROR, sync: true });
  return pino({ level, base: { app, pid: process.pid }, timestamp: stdTimeFunctions.isoTime }, stream);
}
