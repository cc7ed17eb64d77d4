import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startNats } from '@hexfleet/embedded-servers';
import { type ControlBus, connectControlBus, connectionOptions } from '@hexfleet/ping-bus';
import { DEFAULT_POLICY, firstState, type PolicyState, type ShedPolicy, withPolicy } from '@hexfleet/shed-policy';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { until } from '../../../test/harness/until.js';
import { PolicyFeed, PolicyStore } from './index.js';

const LOGIN = { user: 'test', password: 'a-password-for-tests' };
const by = (author: string) => ({ author, atMs: 1 });
const first = firstState(DEFAULT_POLICY, by('ops'));

let dataDir: string;
let server: RunningServer;
const opened: { close(): Promise<void> | void }[] = [];
let fleets = 0;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-policy-'));
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

async function busOf(name: string): Promise<ControlBus> {
  const own = connectControlBus({ natsUrl: server.url, name, onError: () => {} });
  opened.push(own);
  await until('the bus is up', () => own.bus.connected);
  return own.bus;
}

async function storeOf(name: string): Promise<PolicyStore> {
  return new PolicyStore(await busOf(name), { onError: () => {} });
}

async function begun(name = newFleet()) {
  const store = await storeOf(name);
  await store.begin(first);
  return { name, store };
}

async function feedOf(name: string, ttlMs = 60_000) {
  const states: PolicyState[] = [];
  const lost: PolicyState[] = [];
  const errors: unknown[] = [];
  const feed = new PolicyFeed(await busOf(name), {
    ttlMs,
    onChange: (state) => states.push(state),
    onLost: (last) => lost.push(last),
    onError: (error) => errors.push(error),
  });
  opened.push(feed);
  return { feed, states, lost, errors };
}

const withLevel =
  (fixedLevel: number, author = 'olga') =>
  (state: PolicyState) =>
    withPolicy(state, { ...state.policy, mode: 'fixed', fixedLevel } satisfies ShedPolicy, by(author));

/** Deletes a bucket, or puts into it what nobody should, behind everyone's back. */
async function behind(act: (connection: Awaited<ReturnType<typeof connect>>) => Promise<unknown>): Promise<void> {
  const connection = await connect(connectionOptions(server.url));
  try {
    await act(connection);
  } finally {
    await connection.close();
  }
}

const deleteBucket = (name: string, bucket: string) =>
  behind(async (connection) => (await jetstreamManager(connection)).streams.delete(`KV_${name}_${bucket}`));

describe('the policy`s store', () => {
  it('begins once, however many begin it', async () => {
    const name = newFleet();
    const stores = await Promise.all([storeOf(name), storeOf(name), storeOf(name)]);
    expect(await stores[0]?.current()).toEqual({ kind: 'missing' });
    const begun = await Promise.all(stores.map((store, i) => store.begin(firstState(DEFAULT_POLICY, by(`ops-${i}`)))));
    expect(begun[0]).toMatchObject({ kind: 'known', state: { version: 1, change: { action: 'first_policy' } } });
    expect(begun).toEqual([begun[0], begun[0], begun[0]]);
    expect(await stores[1]?.begin(first)).toEqual(begun[0]);
  });

  it('loses none of 200 changes from two processes at once, and its history has all of them', async () => {
    const { name, store } = await begun();
    const other = await storeOf(name);
    const changes = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? store : other).change(withLevel(i / 1_000)));
    const outcomes = await Promise.all(changes);
    expect(outcomes.filter(({ kind }) => kind !== 'changed')).toEqual([]);
    const versions = await other.versions(1_000);
    expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: 201 }, (_, i) => 201 - i));
    const levels = versions.slice(0, 200).map(({ policy }) => Math.round(policy.fixedLevel * 1_000));
    expect(levels.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect((await store.versions(2, 101)).map(({ version }) => version)).toEqual([100, 99]);
  });

  it('lets one of two through that expect the same version', async () => {
    const { name, store } = await begun();
    const other = await storeOf(name);
    const outcomes = await Promise.all([store.change(withLevel(0.1), [1]), other.change(withLevel(0.2), [1, 7])]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['changed', 'stale']);
    expect(await store.change(withLevel(0.3), [])).toEqual({ kind: 'stale', version: 2 });
  });

  it('says what a change is refused for, and changes nothing', async () => {
    const { store } = await begun();
    const faults = [{ path: 'id', problem: 'is not there' }];
    expect(await store.change(() => ({ ok: false, kind: 'not_found', faults }))).toEqual({ kind: 'not_found', faults });
    expect(await store.current()).toEqual({ kind: 'known', state: first });
  });

  it('has no hole where a process died between a change and its entry in the history', async () => {
    const { name, store } = await begun();
    const document = (await busOf(name)).document('policy');
    const made = withLevel(0.5, 'dead')(first);
    if (!made.ok) throw new Error('it is a change');
    await document.write(made.state, (await document.read())?.revision ?? 0);
    expect((await store.versions(10)).map(({ change }) => change.author)).toEqual(['dead', 'ops']);
    await document.write({ ...made.state, version: 3 }, (await document.read())?.revision ?? 0);
    await store.change(withLevel(0.6));
    expect((await store.versions(10)).map(({ version }) => version)).toEqual([4, 3, 2, 1]);
  });

  it('goes on from the history where the state is lost, or from what is still known', async () => {
    const { name, store } = await begun();
    await store.change(withLevel(0.1));
    await store.change(withLevel(0.2));
    await deleteBucket(name, 'policy');
    expect(await store.current()).toEqual({ kind: 'missing' });
    expect(await store.change(withLevel(0.3))).toMatchObject({ kind: 'unavailable' });
    expect(await store.begin(first)).toMatchObject({
      kind: 'known',
      state: { version: 3, policy: { fixedLevel: 0.2 } },
    });
    await deleteBucket(name, 'policy');
    const last = { ...first, version: 9 };
    expect(await store.begin(first, last)).toEqual({ kind: 'known', state: last });
  });

  it('does not touch what it can`t read', async () => {
    const { name, store } = await begun();
    const document = (await busOf(name)).document('policy');
    await document.write({ format: 2 }, (await document.read())?.revision ?? 0);
    for (const outcome of [await store.current(), await store.change(withLevel(0.3)), await store.begin(first)]) {
      expect(outcome).toMatchObject({ kind: 'unavailable', detail: expect.stringContaining('newer release') });
    }
    expect((await document.read())?.value).toEqual({ format: 2 });
  });

  it('is unavailable while NATS is away, and available after', async () => {
    const { store } = await begun();
    await server.stop();
    await until('it says so', async () => (await store.current()).kind === 'unavailable');
    expect(await store.change(withLevel(0.4))).toMatchObject({ kind: 'unavailable' });
    await expect(store.versions(3)).rejects.toThrow();
    server = await startNats({ ...LOGIN, dataDir, port: server.port });
    await until('it is back', async () => (await store.current()).kind === 'known');
    expect(await store.change(withLevel(0.4))).toMatchObject({ kind: 'changed', state: { version: 2 } });
  });
});

describe('a feed of the policy', () => {
  it('tells of the policy that is there and of each change, soon', async () => {
    const name = newFleet();
    const { feed, states, errors } = await feedOf(name);
    await until('it has heard', () => feed.lastHeardMs > 0);
    expect([feed.state, feed.isFresh]).toEqual([undefined, false]);
    expect(() => feed.check()).toThrow('there is no policy yet: running on the settings');
    const { store } = await begun(name);
    await until('the first is told', () => feed.state?.version === 1);
    for (let i = 1; i <= 20; i++) {
      const startMs = Date.now();
      await store.change(withLevel(i / 100));
      await until('it is told', () => feed.state?.policy.fixedLevel === i / 100);
      expect(Date.now() - startMs).toBeLessThan(1_000 + 4_000);
    }
    expect([states.at(-1)?.version, feed.isFresh, errors]).toEqual([21, true, []]);
    feed.check();
  });

  it('keeps the last policy while NATS is away, says so, and catches up after', async () => {
    const { name, store } = await begun();
    const { feed } = await feedOf(name);
    await until('it is told', () => feed.isFresh);
    await server.stop();
    await until('it is said', () => !feed.isFresh);
    expect(() => feed.check()).toThrow('the policy is not heard of: running on version 1');
    expect(feed.state).toEqual(first);
    server = await startNats({ ...LOGIN, dataDir, port: server.port });
    await until('it is fresh again', () => feed.isFresh);
    await until('the store is back', async () => (await store.current()).kind === 'known');
    expect(await store.change(withLevel(0.5))).toMatchObject({ kind: 'changed' });
    await until('the change is told', () => feed.state?.version === 2);
  });

  it('keeps the last policy that it could read, and the one that was there before all was deleted', async () => {
    const { name } = await begun();
    const { feed, errors, lost } = await feedOf(name);
    await until('it is told', () => feed.isFresh);
    const document = (await busOf(name)).document('policy');
    await document.write({ ...first, version: 2, format: 2 }, (await document.read())?.revision ?? 0);
    await until('it is said', () => errors.length > 0);
    expect([String(errors[0]), feed.state]).toEqual([expect.stringContaining('format is not known here'), first]);
    expect(() => feed.check()).toThrow('can not be read here: running on version 1');
    await deleteBucket(name, 'policy');
    await until('the loss is told', () => lost.length > 0);
    expect([lost, feed.state]).toEqual([[first], first]);
  });

  it('cuts silences to what a short time to live has room for', async () => {
    const { name } = await begun();
    const { feed } = await feedOf(name, 10_000);
    await until('it is told', () => feed.state !== undefined);
    expect(feed.state?.policy.maxSilenceMs).toEqual({ on_trip: 5_000, en_route: 5_000, available: 5_000, idle: 5_000 });
  });
});
