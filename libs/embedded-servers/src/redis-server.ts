import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rawExchange } from './raw-exchange.js';
import { writeSecretFile } from './secret-file.js';
import { findServerBinaries } from './server-binaries.js';
import { type RunningServer, startServer } from './server-process.js';

export interface RedisOptions {
  /** Holds the configuration, the log and the append-only files. Made when missing. */
  readonly dataDir: string;
  /** 0, the default, means any free port. */
  readonly port?: number | undefined;
  readonly password: string;
  /** The program; by default the one that findServerBinaries finds. */
  readonly binary?: string | undefined;
  /** Gives up a start that is under way: the server is ended, and the start rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Starts redis-server 7 or newer, append-only. @throws Error with the server's own words when it can't start. */
export async function startRedis(options: RedisOptions): Promise<RunningServer> {
  const binary = options.binary ?? findServerBinaries().redis;
  if (binary === undefined)
    throw new Error('redis-server 7 or newer is not on this machine: install it, or name a Redis');
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const configFile = join(dataDir, 'redis.conf');
  writeSecretFile(configFile, redisConfig(dataDir, options.password));
  return startServer(
    {
      label: 'redis-server',
      binary,
      args: (port) => [configFile, '--bind', '127.0.0.1', '--port', String(port)],
      logFile: join(dataDir, 'redis.log'),
      url: (port) => `redis://:${encodeURIComponent(options.password)}@127.0.0.1:${port}`,
      answers: (port) => redisAnswers(port, options.password),
      signal: options.signal,
    },
    options.port ?? 0,
  );
}

/** Append-only, fsync each second, no snapshots; positions are never evicted silently: a full memory refuses writes. */
function redisConfig(dataDir: string, password: string): string {
  return `# Written by Hexfleet at each start; changes made here are lost.
requirepass ${JSON.stringify(password)}
dir ${JSON.stringify(dataDir)}
daemonize no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
loglevel warning
`;
}

/** PONG comes only once the append-only file is loaded; until then Redis says -LOADING. */
function redisAnswers(port: number, password: string): Promise<boolean> {
  const word = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
  const request = `*2\r\n${word('AUTH')}${word(password)}*1\r\n${word('PING')}`;
  return rawExchange(port, request, (received) => received.startsWith('+OK\r\n+PONG'));
}
