import { connectionOptions } from '@hexfleet/ping-bus';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DiscardPolicy, type JetStreamManager, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect, type NatsConnection, nanos } from '@nats-io/transport-node';
import {
  failingStart,
  type RunningHexfleet,
  startHexfleet,
  startServers,
  type TestServers,
  until,
} from '../harness/index.js';
import { expectAllInPlace } from './all-in-place.js';
import { FleetView } from './fleet-view.js';
import { Operator } from './operator.js';
import { loggedSince, untilAllWell, untilItSays } from './readiness-of.js';
import { SteadyLoad } from './steady-load.js';

const STREAM = 'hexfleet_PINGS';
/** The server insists that its window for duplicates is no longer than its memory. */
const SHORT_MEMORY = { max_age: nanos(30_000), duplicate_window: nanos(30_000) };
const ALTERED = 'the stream was changed by hand, or back';

let servers: TestServers;
let hexfleet: RunningHexfleet;
let view: FleetView;
let connection: NatsConnection;
let manager: JetStreamManager;
let made: StreamConfig;

beforeAll(async () => {
  servers = await startServers();
  const args = [...servers.startArgs, '--max-speed-mps', '2000'];
  hexfleet = await startHexfleet({ args });
  view = new FleetView(hexfleet);
  await new Operator(hexfleet).changePolicy({ mode: 'off' });
  connection = await connect(connectionOptions(servers.natsUrl));
  manager = await jetstreamManager(connection);
  made = await configNow();
});
afterAll(async () => {
  await connection?.close();
  await hexfleet?.stop();
});

const configNow = async () => (await manager.streams.info(STREAM)).config;

async function bothSay(status: number, words: RegExp): Promise<void> {
  const { gateway, writers } = hexfleet.ready;
  for (const url of [gateway, ...writers]) await untilItSays(url, status, 'nats', words);
}

describe('a stream that was changed by hand, under load', () => {
  const risks: [string, Partial<StreamConfig>, RegExp][] = [
    ['a shorter memory', SHORT_MEMORY, /keeps messages for 30000 ms .* not for 120000 ms/],
    ['less room', { max_bytes: 100_000_000 }, /takes 100000000 bytes .* not 1073741824/],
    ['dropping when it is full', { discard: DiscardPolicy.Old }, /drops accepted pings when it is full/],
    ['few messages', { max_msgs_per_subject: 1_000 }, /keeps 1000 messages a subject/],
  ];
  it('is told of, by gateway and writer, left as it is, and all is well when it is changed back', async () => {
    const load = new SteadyLoad(view);
    load.start();
    await until('the load is taken', () => load.accepted.size > 0);
    for (const [, change, words] of risks) {
      const logFrom = hexfleet.log.length;
      await manager.streams.update(STREAM, change);
      await bothSay(200, words);
      expect(await configNow()).toMatchObject(change);
      await manager.streams.update(STREAM, made);
      await untilAllWell(hexfleet);
      expect(loggedSince(hexfleet, logFrom, 'gateway', ALTERED)).toHaveLength(2);
    }
    await load.stop();
    expect([...load.statuses.keys()]).toEqual([202]);
    await expectAllInPlace(view, load);
  });

  it('is not changed back by a process that starts', async () => {
    const change = { ...SHORT_MEMORY, max_bytes: 100_000_000 };
    await manager.streams.update(STREAM, change);
    await hexfleet.killApp('writer-1');
    await bothSay(200, /keeps messages for 30000 ms.*takes 100000000 bytes/);
    expect(await configNow()).toMatchObject(change);
    await manager.streams.update(STREAM, made);
    await untilAllWell(hexfleet);
  });

  it('takes no pings while its subjects are others, and says so; what was accepted is written', async () => {
    const load = new SteadyLoad(view);
    load.start();
    await until('the load is taken', () => load.accepted.size > 0);
    await manager.streams.update(STREAM, { subjects: ['elsewhere.*'] });
    await bothSay(200, /does not take hexfleet\.pings\.\*, but elsewhere\.\*/);
    await until('pings are unavailable', () => (load.statuses.get(503) ?? 0) > 3);
    await manager.streams.update(STREAM, { subjects: made.subjects });
    await untilAllWell(hexfleet);
    const { accepted } = load.counts;
    await until('the load is taken again', () => load.counts.accepted > accepted + 300);
    await load.stop();
    await expectAllInPlace(view, load);
  });

  it('is merely different, which is logged, when nobody may delete from it', async () => {
    const logFrom = hexfleet.log.length;
    await manager.streams.update(STREAM, { deny_delete: true });
    const told = () => loggedSince(hexfleet, logFrom, 'gateway', ALTERED);
    await until('it is told', () => told().length > 0);
    expect(told()).toEqual([
      expect.objectContaining({ risks: [], oddities: ['lets nobody delete messages (deny_delete)'] }),
    ]);
    await untilAllWell(hexfleet);
  });
});

describe('a stream that a newer release has left', () => {
  it('is refused by start, in words', async () => {
    const description = 'hexfleet layout 3: 64 partitions of H3 resolution 7 and more';
    await manager.streams.add({ name: 'later_PINGS', description, subjects: ['later.pings.*'] });
    const args = servers.startArgs;
    const { status, err } = await failingStart({ args, env: { HEXFLEET_NAME: 'later' } });
    expect(err).toMatch(
      /can't run: nats: stream later_PINGS was made by a newer Hexfleet \(format 3, this one knows 1\)/,
    );
    expect(status).toBe(1);
  });
});
