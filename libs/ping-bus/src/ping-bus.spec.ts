import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningServer, startNats } from '@hexfleet/embedded-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import { until } from '../../../test/harness/until.js';
import { connectionOptions, connectPingBus, type PingBus, type PingBusOptions, type StreamWidening } from './index.js';

const LOGIN = { user: 'test', password: 'a-password-for-tests' };
const MESSAGE = Buffer.from('a batch of pings');
const TTL_MS = 60_000;

let dataDir: string;
let server: RunningServer;
const buses: PingBus[] = [];
let fleets = 0;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-bus-'));
  server = await startNats({ ...LOGIN, dataDir });
});
afterEach(() => Promise.all(buses.splice(0).map((bus) => bus.close())));
afterAll(async () => {
  await server?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A stream of a test's own. */
const newFleet = () => ({ name: `fleet${++fleets}`, partitions: 4, resolution: 7, ttlMs: TTL_MS });

async function busOf(fleet: Partial<PingBusOptions> & { name: string }) {
  const errors: unknown[] = [];
  const widenings: StreamWidening[] = [];
  const bus = await connectPingBus({
    ...newFleet(),
    natsUrl: server.url,
    streamMaxBytes: 1_048_576,
    onError: (error) => errors.push(error),
    onWidened: (widening) => widenings.push(widening),
    ...fleet,
  });
  buses.push(bus);
  return { bus, errors, widenings };
}

async function upBusOf(fleet: Partial<PingBusOptions> & { name: string }) {
  const opened = await busOf(fleet);
  await until('the stream is there', () => opened.bus.connected);
  return opened;
}

/** Stops a process, and waits until it has stopped: on another core it goes on for a moment. */
async function standStill(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  if (process.platform !== 'linux') return sleep(200);
  await until('it stands still', () => /\) T/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
}

/** Does something to a stream behind everyone's back. */
async function withManager<Result>(
  act: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<Result>,
): Promise<Result> {
  const connection = await connect(connectionOptions(server.url));
  try {
    return await act(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

const configOf = (name: string) =>
  withManager(async (manager) => {
    const { config } = await manager.streams.info(`${name}_PINGS`);
    return { maxAgeMs: config.max_age / nanos(1), maxBytes: config.max_bytes };
  });

describe('a publication', () => {
  it('is stored, and is read back', async () => {
    const { bus } = await upBusOf(newFleet());
    expect(await bus.publisher.publish(3, MESSAGE, 1_000)).toEqual({ kind: 'stored' });
    const [message, ...more] = await bus.replay(3, { seq: 1 });
    expect([message?.data.toString(), message?.stream, more]).toEqual([MESSAGE.toString(), bus.streamId, []]);
    expect(await bus.replay(2, { seq: 1 })).toEqual([]);
  });

  it('is refused as full by a stream that has no room', async () => {
    const { bus } = await upBusOf({ ...newFleet(), streamMaxBytes: 4_096 });
    const results = [];
    for (let i = 0; i < 4; i++) results.push(await bus.publisher.publish(0, Buffer.alloc(1_500), 1_000));
    expect(results[0]).toEqual({ kind: 'stored' });
    expect(results[3]).toMatchObject({ kind: 'refused', reason: 'full' });
  });

  it('is refused, and not as full, where the stream takes no such subject', async () => {
    const { bus } = await upBusOf(newFleet());
    const nowhere = await bus.publisher.publish('x.y' as unknown as number, MESSAGE, 1_000);
    expect(nowhere).toMatchObject({ kind: 'refused', reason: 'other' });
  });

  it('is unknown when no answer comes in time, and an answer that comes late is nobody else`s', async () => {
    const { bus } = await upBusOf(newFleet());
    await standStill(server.pid);
    try {
      expect(await bus.publisher.publish(0, MESSAGE, 200)).toEqual({ kind: 'unknown' });
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    expect(await bus.publisher.publish(0, MESSAGE, 5_000)).toEqual({ kind: 'stored' });
    expect(await bus.replay(0, { seq: 1 })).toHaveLength(2);
  });

  it('is unknown when the connection breaks, refused while it is away, and stored after', async () => {
    const { bus } = await upBusOf(newFleet());
    const { streamId } = bus;
    const states: boolean[] = [];
    bus.onConnection(({ up }) => states.push(up));
    await standStill(server.pid);
    const broken = bus.publisher.publish(0, MESSAGE, 60_000);
    await sleep(50);
    process.kill(server.pid, 'SIGKILL');
    expect(await broken).toEqual({ kind: 'unknown' });
    expect(await bus.publisher.publish(0, MESSAGE, 1_000)).toMatchObject({ kind: 'refused', reason: 'other' });
    await server.stop();
    server = await startNats({ ...LOGIN, dataDir, port: server.port });
    await until('the stream is back', () => bus.connected);
    expect(bus.streamId).toBe(streamId);
    expect(await bus.publisher.publish(0, MESSAGE, 1_000)).toEqual({ kind: 'stored' });
    expect(states).toEqual([true, false, true]);
  });
});

describe('a stream that is there already', () => {
  it('is left alone by a process with another layout, which stays down and says why', async () => {
    const fleet = newFleet();
    await upBusOf(fleet);
    const { bus, errors } = await busOf({ ...fleet, partitions: 8 });
    await until('it complains', () => errors.length > 0);
    expect(errors).toEqual([expect.objectContaining({ name: 'LayoutMismatch' })]);
    expect(bus.connected).toBe(false);
  });

  it('keeps messages for longer when the TTL has grown, and never for less', async () => {
    const fleet = newFleet();
    const first = await upBusOf(fleet);
    expect(await configOf(fleet.name)).toEqual({ maxAgeMs: 2 * TTL_MS, maxBytes: 1_048_576 });
    await first.bus.publisher.publish(0, MESSAGE, 1_000);
    const grown = await upBusOf({ ...fleet, ttlMs: 5 * TTL_MS, streamMaxBytes: 2_097_152 });
    const wide = { maxAgeMs: 10 * TTL_MS, maxBytes: 2_097_152 };
    expect(await configOf(fleet.name)).toEqual(wide);
    expect([first.widenings, grown.widenings]).toEqual([[], [{ stream: `${fleet.name}_PINGS`, ...wide }]]);
    expect([grown.bus.streamId, await grown.bus.replay(0, { seq: 1 })]).toEqual([
      first.bus.streamId,
      [expect.objectContaining({ seq: 1 })],
    ]);
    const small = await upBusOf({ ...fleet, ttlMs: TTL_MS, streamMaxBytes: 1_048_576 });
    expect([await configOf(fleet.name), small.widenings]).toEqual([wide, []]);
  });
});

describe('a stream that someone deletes while the connection lives', () => {
  it('is made again at the first refusal, and everyone is told', async () => {
    const fleet = newFleet();
    const { bus } = await upBusOf(fleet);
    const streams: string[] = [];
    bus.onConnection((state) => streams.push(state.up ? state.stream : 'down'));
    await withManager((manager) => manager.streams.delete(`${fleet.name}_PINGS`));
    expect((await bus.publisher.publish(0, MESSAGE, 1_000)).kind).not.toBe('stored');
    await until('there is another', () => streams.length === 3);
    expect(streams).toEqual([streams[0], 'down', bus.streamId]);
    expect(streams[0]).not.toBe(bus.streamId);
    expect(await bus.publisher.publish(0, MESSAGE, 1_000)).toEqual({ kind: 'stored' });
  });

  it('is made again by one that only reads, which reads the new one from its start', async () => {
    const fleet = newFleet();
    const { bus } = await upBusOf(fleet);
    const read: string[] = [];
    bus.onConnection((state) => {
      if (state.up) bus.read(0, 0, ({ stream, seq }) => void read.push(`${stream} ${seq}`));
    });
    for (let i = 0; i < 3; i++) await bus.publisher.publish(0, MESSAGE, 1_000);
    await until('all is read', () => read.length === 3);
    const old = bus.streamId;
    await withManager((manager) => manager.streams.delete(`${fleet.name}_PINGS`));
    await until('there is another', () => bus.connected && bus.streamId !== old);
    expect(await bus.publisher.publish(0, MESSAGE, 1_000)).toEqual({ kind: 'stored' });
    await until('it is read', () => read.length === 4);
    expect(read[3]).toBe(`${bus.streamId} 1`);
  });
});

describe('a connection', () => {
  it('asked for with tls:// is not made in the open', async () => {
    const options = connectionOptions(server.url.replace('nats:', 'tls:'));
    await expect(connect({ ...options, maxReconnectAttempts: 0 })).rejects.toThrow('tls');
  });
});
