import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findServerBinaries, startRedis } from '@hexfleet/embedded-servers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import {
  failingStart,
  type RunningHexfleet,
  startHexfleet,
  startServers,
  type TestServers,
  temporaryFolder,
  until,
} from '../harness/index.js';
import { expectAllInPlace } from './all-in-place.js';
import { FleetView } from './fleet-view.js';
import { Operator } from './operator.js';
import { loggedSince, readinessOf, untilAllWell, untilItSays } from './readiness-of.js';
import { SteadyLoad } from './steady-load.js';

let servers: TestServers;
let hexfleet: RunningHexfleet;
let view: FleetView;
let redis: Redis;
let writer: string;
let nearby: string;
let load: SteadyLoad;
let logFrom: number;

/** Another's, in every type and with names that are almost ours. */
const FOREIGN: readonly (readonly string[])[] = [
  ['SET', 'session:1', 'a text'],
  ['SET', 'hexfleet2:{1}:inc', '1.1'],
  ['RPUSH', 'hexfleet', 'a', 'list'],
  ['HSET', 'hexfleet:other', 'a', 'hash'],
  ['ZADD', '{1}:geo:1.1', '1', 'a set'],
  ['XADD', 'events', '1-1', 'a', 'stream'],
];
let foreignDumps: (Buffer | null)[];

const dumps = () => Promise.all(FOREIGN.map(([, key]) => redis.dumpBuffer(key as string)));

beforeAll(async () => {
  servers = await startServers();
  redis = new Redis(servers.redis.url, { lazyConnect: false });
  redis.on('error', () => undefined);
  for (const [name, ...args] of FOREIGN) await redis.call(name as string, ...args);
  foreignDumps = await dumps();
  hexfleet = await startHexfleet({
    args: [...servers.startArgs, '--max-speed-mps', '2000'],
  });
  view = new FleetView(hexfleet);
  await new Operator(hexfleet).changePolicy({ mode: 'off' });
  [writer = ''] = hexfleet.ready.writers;
  ({ nearby } = hexfleet.ready);
});
afterAll(async () => {
  redis?.disconnect();
  await hexfleet?.stop();
});
/** Once it is put right, all is well by itself, nothing was refused or lost, and the log told each change once. */
async function expectNothingLost(): Promise<void> {
  await untilAllWell(hexfleet);
  const { accepted } = load.counts;
  await until('the load is taken still', () => load.counts.accepted > accepted + 100);
  await load.stop();
  expect([...load.statuses.keys()]).toEqual([202]);
  await expectAllInPlace(view, load);
  expect(loggedSince(hexfleet, logFrom, 'location-writer', 'Redis has problems').length).toBeLessThanOrEqual(4);
}

describe('a Redis under load', () => {
  beforeEach(async () => {
    logFrom = hexfleet.log.length;
    load = new SteadyLoad(view);
    load.start();
    await until('the load is taken', () => load.accepted.size > 0);
  });

  it('that forgets our functions is given them again', async () => {
    for (let i = 0; i < 5; i++) {
      await redis.call('FUNCTION', 'FLUSH');
      const { rounds } = load;
      await until('the load goes on', () => load.rounds > rounds + 3);
    }
    await expectNothingLost();
  });

  it('that is out of memory says so, and nearby goes on', async () => {
    await redis.config('SET', 'maxmemory', '100kb');
    await untilItSays(writer, 503, 'redis', /^Redis 127\.0\.0\.1:\d+ is out of memory/);
    await untilItSays(nearby, 200, 'redis', /is out of memory/);
    await redis.config('SET', 'maxmemory', '0');
    await expectNothingLost();
    expect(loggedSince(hexfleet, logFrom, 'location-writer', 'Redis has problems')).not.toEqual([]);
  });

  it('that would evict is told of, and used', async () => {
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await untilItSays(writer, 200, 'redis', /set maxmemory-policy to noeviction, it is allkeys-lru/);
    await untilItSays(nearby, 200, 'redis', /it is allkeys-lru/);
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await expectNothingLost();
  });

  it('that has become a replica of another is told of, and filled again once it is none', async () => {
    const other = await startRedis({ password: 'another-password', dataDir: temporaryFolder() });
    await redis.config('SET', 'masterauth', 'another-password');
    await redis.replicaof('127.0.0.1', other.port);
    await untilItSays(writer, 503, 'redis', /is a read-only replica of 127\.0\.0\.1:\d+.*name the primary/);
    await untilItSays(nearby, 200, 'redis', /is a read-only replica of/);
    await until('it holds what the other does', async () => (await redis.dbsize()) === 0);
    await redis.replicaof('NO', 'ONE');
    await expectNothingLost();
    await other.stop();
    for (const [name, ...args] of FOREIGN) await redis.call(name as string, ...args);
  });

  it('that forbids writing, then everything, says what it forbids', async () => {
    await redis.call('ACL', 'SETUSER', 'default', '-zadd', '-hset');
    await untilItSays(writer, 503, 'redis', /forbids its user a command.*(zadd|hset)/i);
    await redis.call('ACL', 'SETUSER', 'default', '-fcall', '-fcall_ro');
    await untilItSays(nearby, 503, 'redis', /forbids its user a command.*fcall_ro/i);
    await redis.call('ACL', 'SETUSER', 'default', '+@all');
    await expectNothingLost();
  });

  it('that allows no more than the documented rights is enough', async () => {
    const documented = /`(\+@string[^`]*)`, on keys `~<name>:\*`/.exec(readFileSync('docs/operating.md', 'utf8'))?.[1];
    const rights = (documented as string).split(' ');
    await redis.call('ACL', 'SETUSER', 'default', '-@all', ...rights, '+acl', 'resetkeys', '~hexfleet:*');
    await expectNothingLost();
    await redis.call('ACL', 'SETUSER', 'default', '+@all', '~*');
  });

  it('that has another password refuses the login, until the right one is back', async () => {
    const password = new URL(servers.redis.url).password;
    await redis.config('SET', 'requirepass', 'changed');
    await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    for (const url of [writer, nearby]) {
      await untilItSays(url, 503, 'redis', /refuses the login \(WRONGPASS.*HEXFLEET_REDIS_URLS/);
    }
    await redis.config('SET', 'requirepass', decodeURIComponent(password));
    await expectNothingLost();
  });

  it('with a foreign list where a partition’s incarnation belongs: named, and the other partitions go on', async () => {
    const [key = ''] = await partitionsWritten();
    await redis.multi().del(key).rpush(key, 'foreign').exec();
    await untilItSays(writer, 503, 'redis', new RegExp(`${escaped(key)}: it is a list, where a string belongs`));
    const held = (await redis.keys('hexfleet:{*}:inc')).length;
    const { written } = await view.books();
    await until('others are written', async () => (await view.books()).written > written + 500);
    expect(held).toBe(64);
    expect(await redis.lrange(key, 0, -1)).toEqual(['foreign']);
    await redis.del(key);
    await expectNothingLost();
  });

  it('with a foreign text where a partition’s positions belong: the table is written anew beside it', async () => {
    const [key = ''] = await partitionsWritten();
    const geo = key.replace(/inc$/, `geo:${await redis.get(key)}`);
    await redis.set(geo, 'foreign');
    await until('it has moved on', async () => (await redis.get(key)) !== geo.split(':').at(-1));
    await expectNothingLost();
  });

  it('that comes back and takes its time to load its data says so', async () => {
    await fill(redis);
    const slow = servers.startRedisAgain(
      redisWith('--key-load-delay 300 --loading-process-events-interval-bytes 1024'),
    );
    await untilItSays(writer, 503, 'redis', /is loading its data/);
    await untilItSays(nearby, 503, 'redis', /is loading its data/);
    await slow;
    await expectNothingLost();
  });

  it('was left alone where keys are not ours', async () => {
    await load.stop();
    expect(await dumps()).toEqual(foreignDumps);
    expect((await readinessOf(writer)).status).toBe(200);
  });
});

describe('hexfleet start', () => {
  const refusal = async (name: string, url: string) => {
    const args = ['--nats', servers.natsUrl, '--redis', url];
    const { status, err } = await failingStart({ args, env: { HEXFLEET_NAME: name } });
    expect(status).toBe(1);
    return err;
  };

  it('refuses, with the reason, a Redis without functions, a wrong password, and data of a newer release', async () => {
    const hidden = ['FUNCTION', 'FCALL', 'FCALL_RO'].map((name) => `--rename-command ${name} ''`).join(' ');
    const without = await startRedis({ password: 'p', dataDir: temporaryFolder(), binary: redisWith(hidden) });
    await redis.set('third:format', '3');
    const [lacking, wrong, newer] = await Promise.all([
      refusal('first', without.url),
      refusal('second', `redis://:wrong@127.0.0.1:${servers.redis.port}`),
      refusal('third', servers.redis.url),
    ]);
    expect(lacking).toMatch(/can't run: redis: Redis 127\.0\.0\.1:\d+ lacks a command.*Redis 7 or newer, or Valkey/);
    expect(wrong).toMatch(/can't run: redis: Redis 127\.0\.0\.1:\d+ refuses the login \(WRONGPASS/);
    expect(newer).toMatch(/holds data that was made by a newer Hexfleet \(format 3, this one knows 1\)/);
    expect(await redis.keys('third:*')).toEqual(['third:format']);
    await without.stop();
  });
});

const escaped = (text: string) => text.replace(/[{}]/g, '\\$&');

/** Keys of incarnations of partitions that hold drivers. */
async function partitionsWritten(): Promise<string[]> {
  const geos = await redis.keys('hexfleet:{*}:geo:*');
  return geos.map((key) => key.replace(/geo:.*$/, 'inc'));
}

/** redis-server with more arguments. */
function redisWith(more: string): string {
  const script = join(temporaryFolder(), 'redis-server');
  writeFileSync(script, `#!/bin/sh\nexec ${findServerBinaries().redis} "$@" ${more}\n`);
  chmodSync(script, 0o755);
  return script;
}

/** Enough keys that, with a wait at each, loading takes a few seconds. */
async function fill(client: Redis): Promise<void> {
  const pipeline = client.pipeline();
  for (let i = 0; i < 1_500; i++) pipeline.set(`filler:${i}`, 'x');
  await pipeline.exec();
}
