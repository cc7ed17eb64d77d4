import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { guardAgainstOrphaning } from '@hexfleet/embedded-servers';
import { type Service, scratchFolder } from './service.js';

export interface Hexfleet extends Service {
  readonly gatewayUrl: string;
  readonly writerUrls: readonly [string, ...string[]];
  readonly writerPids: readonly [number, ...number[]];
  readonly nearbyUrl: string;
  readonly opsUrl: string;
  readonly natsUrl: string;
  readonly redisUrls: readonly string[];
  readonly fleetToken: string;
  /** Of an operator who may change things. */
  readonly opsToken: string;
  readonly dataFolder: string;
  readonly ttlMs: number;
  readonly pids: Readonly<Record<'gateway' | 'nats' | 'redis' | 'nearby', number>>;
}

interface ReadyLine {
  readonly gateway: string;
  readonly nearby: string;
  readonly ops: string;
  readonly writers: readonly [string, ...string[]];
  readonly nats: string;
  readonly redis: readonly string[];
  readonly pids: Readonly<{
    gateway: number;
    nearby: number;
    writers: readonly [number, ...number[]];
    nats: number;
    redis: readonly [number];
  }>;
  readonly tokens: Readonly<{ fleet: string; ops: string }>;
}

const PROGRAM = join(import.meta.dirname, '..', '..', '..', '..', 'bin', 'hexfleet.mjs');

/** Shorter than by default, so that all that is done once in a while is done within a measurement: 1.7 times as often. */
const TTL_MS = 35_000;

export interface HexfleetOptions {
  readonly ttlMs?: number;
  /** Pings a second that the writer takes; no limit where it is missing. */
  readonly writerLimit?: number;
  /** 1 where it is missing. */
  readonly writers?: number;
}

/** All of Hexfleet as a user starts it, on fresh data. @throws Error with what it said, when it doesn't come up. */
export async function startHexfleet({
  ttlMs = TTL_MS,
  writerLimit,
  writers: workers = 1,
}: HexfleetOptions = {}): Promise<Hexfleet> {
  const folder = scratchFolder();
  const ports = ['--gateway-port', '0', '--nearby-port', '0', '--ops-port', '0'];
  const limit = writerLimit === undefined ? [] : ['--writer-limit', String(writerLimit)];
  const settings = ['--ttl', `${ttlMs}ms`, '--workers', String(workers), ...limit, ...ports, '--data-dir', folder.path];
  const args = [PROGRAM, 'start', '--json', '--no-demo', ...settings];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stderr.on('data', (data) => {
    err += data;
  });
  // A bench that is killed leaves nothing running.
  const lift = guardAgainstOrphaning(child.pid as number);
  const ended = once(child, 'exit').then(() => {
    lift();
    folder.remove();
  });
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (data) => {
      out += data;
      if (out.includes('\n')) resolve();
    });
  });
  await Promise.race([ready, ended]);
  if (!out.includes('\n')) throw new Error(`Hexfleet did not come up:\n${err}`);
  const { gateway, nearby, ops, writers, nats, redis, pids, tokens }: ReadyLine = JSON.parse(out);
  return {
    gatewayUrl: gateway,
    writerUrls: writers,
    writerPids: pids.writers,
    nearbyUrl: nearby,
    opsUrl: ops,
    natsUrl: nats,
    redisUrls: redis,
    fleetToken: tokens.fleet,
    opsToken: tokens.ops,
    dataFolder: folder.path,
    ttlMs,
    pids: {
      gateway: pids.gateway,
      nats: pids.nats,
      redis: pids.redis[0],
      nearby: pids.nearby,
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
