import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, type RunningServer, startNats } from '@hexfleet/embedded-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import { until } from '../../../test/harness/until.js';
import {
  type ControlBus,
  connectControlBus,
  connectionOptions,
  connectPingBus,
  type OwnControlBus,
  type SharedValue,
} from './index.js';

const LOGIN = { user: 'test', password: 'a-password-for-tests' };

let dataDir: string;
let server: RunningServer;
const opened: { close(): Promise<void> | void }[] = [];
let fleets = 0;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-control-'));
  server = await startNats({ ...LOGIN, dataDir });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await server?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const newFleet = () => `fleet${++fleets}`;

function open(name: string, natsUrl = server.url): OwnControlBus & { readonly errors: unknown[] } {
  const errors: unknown[] = [];
  const own = connectControlBus({ natsUrl, name, onError: (error) => errors.push(error) });
  opened.push(own);
  return { ...own, errors };
}

async function busOf(name = newFleet()): Promise<ControlBus> {
  const { bus } = open(name);
  await until('the bus is up', () => bus.connected);
  return bus;
}

async function restartNats(whileAway: () => Promise<void> | void = () => {}): Promise<void> {
  await server.stop();
  await whileAway();
  server = await startNats({ ...LOGIN, dataDir, port: server.port });
}

/** Does something behind everyone's back. */
async function behind<Result>(act: (connection: Awaited<ReturnType<typeof connect>>) => Promise<Result>) {
  const connection = await connect(connectionOptions(server.url));
  try {
    return await act(connection);
  } finally {
    await connection.close();
  }
}

const deleteBucket = (name: string, bucket: string) =>
  behind(async (connection) => (await jetstreamManager(connection)).streams.delete(`KV_${name}_${bucket}`));

function watched(bus: ControlBus, bucket = 'things') {
  const told: (SharedValue | undefined)[] = [];
  const heard: boolean[] = [];
  const watch = bus.document(bucket).watch({
    onValue: (shared) => told.push(shared),
    onHeard: (isHeard) => heard.push(isHeard),
  });
  opened.push(watch);
  return { told, heard, values: () => told.map((shared) => shared?.value) };
}

describe('a control bus', () => {
  it('carries reports to everyone of the fleet who listens, and leaves aside what is no JSON', async () => {
    const name = newFleet();
    const [teller, listener, stranger] = [await busOf(name), await busOf(name), await busOf()];
    const told: unknown[] = [];
    const toStranger: unknown[] = [];
    const subscription = listener.subscribe('news', (value) => told.push(value));
    stranger.subscribe('news', (value) => toStranger.push(value));
    await Promise.all([listener.checkConnection(), stranger.checkConnection()]);
    await behind(async (connection) => {
      connection.publish(`${name}.control.news`, '{"half":');
      await connection.flush();
    });
    teller.publish('news', { n: 1 });
    await until('it is told', () => told.length > 0);
    subscription.close();
    teller.publish('news', { n: 2 });
    await teller.checkConnection();
    await sleep(50);
    expect([told, toStranger, teller.dropped]).toEqual([[{ n: 1 }], [], 0]);
  });

  it('gathers replies until there are enough or the wait is over', async () => {
    const name = newFleet();
    const [asker, ...answerers] = [await busOf(name), await busOf(name), await busOf(name)];
    for (const [i, bus] of answerers.entries()) {
      bus.answer('sums', async (request) => ({ i, sum: (request as number[]).reduce((a, b) => a + b) }));
      await bus.checkConnection();
    }
    const replies = await asker.ask('sums', [1, 2], { waitMs: 300 });
    expect(new Set(replies)).toEqual(new Set([0, 1].map((i) => ({ i, sum: 3 }))));
    const startMs = Date.now();
    expect(await asker.ask('sums', [1, 2], { waitMs: 60_000, max: 2 })).toHaveLength(2);
    expect(await asker.ask('nobody', [], { waitMs: 60_000 })).toEqual([]);
    expect(Date.now() - startMs).toBeLessThan(30_000);
  });

  it('goes on when a listener or an answerer throws', async () => {
    const name = newFleet();
    const { bus, errors } = open(name);
    const told: unknown[] = [];
    bus.subscribe('news', (value) => {
      told.push(value);
      throw new Error('a listener');
    });
    bus.answer('sums', () => {
      throw new Error('an answerer');
    });
    await until('it is up', () => bus.connected);
    for (let i = 0; i < 2; i++) bus.publish('news', i);
    expect(await bus.ask('sums', 1, { waitMs: 100 })).toEqual([]);
    await until('all is told', () => told.length === 2);
    expect(errors.map(String).sort()).toEqual(['Error: a listener', 'Error: a listener', 'Error: an answerer']);
  });

  it('waits for a NATS that isn`t there yet, with the subscriptions made meanwhile', async () => {
    const port = await findFreePort();
    const folder = mkdtempSync(join(dataDir, 'late-'));
    const name = newFleet();
    const { bus, close } = open(name, server.url.replace(`:${server.port}`, `:${port}`));
    const told: unknown[] = [];
    bus.subscribe('news', (value) => told.push(value));
    const { values } = watched(bus);
    bus.publish('news', 'early');
    expect([bus.connected, bus.dropped, await bus.ask('sums', 1, { waitMs: 60_000 })]).toEqual([false, 1, []]);
    await expect(bus.checkConnection()).rejects.toThrow('NATS is away');
    const late = await startNats({ ...LOGIN, dataDir: folder, port });
    try {
      await until('the bus is up', () => bus.connected);
      await bus.checkConnection();
      bus.publish('news', 'late');
      await until('it is told', () => told.length > 0);
      expect(told).toEqual(['late']);
      await bus.document('things').write('a', 0);
      await until('the document is told', () => values().includes('a'));
    } finally {
      // First: the client writes on to a server that is about to end.
      await close();
      await late.stop();
    }
  });

  it('drops reports while NATS is away, and is there again after', async () => {
    const bus = await busOf();
    const told: unknown[] = [];
    bus.subscribe('news', (value) => told.push(value));
    await restartNats(async () => {
      await until('it is down', () => !bus.connected);
      for (let i = 0; i < 3; i++) bus.publish('news', i);
    });
    await until('it is up', () => bus.connected);
    bus.publish('news', 'again');
    await until('it is told', () => told.length > 0);
    expect([told, bus.dropped]).toEqual([['again'], 3]);
  });

  it('shares the connection of a bus of pings', async () => {
    const name = newFleet();
    const shape = { name, partitions: 4, resolution: 7, ttlMs: 60_000, streamMaxBytes: 1_048_576 };
    const quiet = { onError: () => {}, onWidened: () => {} };
    const pings = await connectPingBus({ ...shape, ...quiet, natsUrl: server.url });
    opened.push(pings);
    const other = await busOf(name);
    pings.control.answer('who', () => 'the gateway');
    await pings.control.checkConnection();
    expect(await other.ask('who', {}, { waitMs: 60_000, max: 1 })).toEqual(['the gateway']);
    await pings.close();
    expect(await other.ask('who', {}, { waitMs: 200 })).toEqual([]);
  });
});

describe('a shared document', () => {
  it('is changed by who knows it as it is, and by nobody else', async () => {
    const document = (await busOf()).document('things');
    expect(await document.read()).toBeUndefined();
    expect(await Promise.all([1, 2, 3].map((value) => document.write({ value }, 0)))).toEqual(
      expect.arrayContaining(['stored', 'conflict', 'conflict']),
    );
    const { revision = 0 } = (await document.read()) ?? {};
    expect(await document.write('b', revision + 1)).toBe('conflict');
    expect(await document.write('b', revision)).toBe('stored');
    expect((await document.read())?.value).toBe('b');
  });

  it('tells its watchers of each change at once', async () => {
    const name = newFleet();
    const [writer, reader] = [await busOf(name), await busOf(name)];
    const { values, heard } = watched(reader);
    await until('it is read', () => heard.includes(true));
    const document = writer.document('things');
    const startMs = Date.now();
    let revision = 0;
    for (let i = 0; i < 20; i++) {
      await document.write({ i }, revision);
      revision = (await document.read())?.revision ?? 0;
      await until('it is told', () => JSON.stringify(values().at(-1)) === `{"i":${i}}`);
    }
    // Far less than the poll would take.
    expect(Date.now() - startMs).toBeLessThan(15_000);
  });

  it('is told when NATS comes back, changed meanwhile or not', async () => {
    const name = newFleet();
    const bus = await busOf(name);
    const { values, heard } = watched(bus);
    await bus.document('things').write('before', 0);
    await until('it is told', () => values().includes('before'));
    await restartNats(() => until('it is said', () => heard.at(-1) === false).then(() => {}));
    await until('it is heard again', () => heard.at(-1) === true);
    const revision = (await bus.document('things').read())?.revision ?? 0;
    await bus.document('things').write('after', revision);
    await until('the change is told', () => values().at(-1) === 'after');
    expect(values()).toEqual([...(values()[0] === undefined ? [undefined] : []), 'before', 'after']);
  });

  it('that someone deletes is gone, and is made again by the next write', async () => {
    const name = newFleet();
    const [writer, reader] = [await busOf(name), await busOf(name)];
    const { values } = watched(reader);
    const document = writer.document('things');
    await document.write('old', 0);
    const { revision = 0 } = (await document.read()) ?? {};
    await until('it is told', () => values().at(-1) === 'old');
    await deleteBucket(name, 'things');
    await until('its end is told', () => values().at(-1) === undefined);
    expect(await document.write('new', revision)).toBe('conflict');
    expect(await document.write('new', 0)).toBe('stored');
    await until('the new one is told', () => values().at(-1) === 'new');
  });

  it('may be written right after its bucket was deleted', async () => {
    const name = newFleet();
    const document = (await busOf(name)).document('things');
    await document.write('old', 0);
    await deleteBucket(name, 'things');
    expect(await document.write('new', 0)).toBe('stored');
    expect((await document.read())?.value).toBe('new');
  });

  it('whose key was deleted may be written anew', async () => {
    const name = newFleet();
    const document = (await busOf(name)).document('things');
    await document.write('old', 0);
    await behind(async (connection) => {
      const mark = headers();
      mark.set('KV-Operation', 'DEL');
      await connection.request(`$KV.${name}_things.document`, '', { headers: mark, timeout: 5_000 });
    });
    expect(await document.read()).toBeUndefined();
    expect(await document.write('new', 0)).toBe('stored');
  });
});

describe('a log that is written once', () => {
  it('keeps the first of each number, knows the newest, and drops the oldest', async () => {
    const log = (await busOf()).log('story');
    expect(await log.newest()).toBeUndefined();
    for (let n = 1; n <= 5; n++) await log.keep(n, { n });
    await log.keep(3, 'another');
    expect(await log.newest()).toEqual({ n: 5 });
    await log.dropBefore(3);
    expect([...(await log.read([1, 2, 3, 4, 5, 6])).values()]).toEqual([{ n: 3 }, { n: 4 }, { n: 5 }]);
  });
});
