import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, startNats } from '@hexfleet/embedded-servers';
import { connectionOptions } from '@hexfleet/ping-bus';
import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { until } from '../../../../test/harness/until.js';
import { OpsApp } from '../ops-app.fixture.js';

const CELL = '87283082dffffff';
let dataDir: string;
let nats: RunningServer;
/** Two processes of one fleet, started at once on an empty NATS. */
let ops: OpsApp;
let other: OpsApp;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'hexfleet-ops-policy-'));
  nats = await startNats({ dataDir, user: 'hexfleet', password: 'pass/word@1' });
  const env = { HEXFLEET_MAX_SPEED_MPS: '4200', HEXFLEET_TTL_MS: '40s' };
  [ops, other] = await Promise.all([OpsApp.start(nats.url, env), OpsApp.start(nats.url, env)]);
  await Promise.all([ops.readiness(200), other.readiness(200)]);
});

afterAll(async () => {
  await Promise.all([ops.app.close(), other.app.close()]);
  await nats.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function policyNow() {
  const response = await ops.ask({ url: '/v1/policy', role: 'viewer' });
  return { policy: response.json(), etag: String(response.headers.etag), headers: response.headers };
}

async function put(change: object, headers: Readonly<Record<string, string>> = {}, at: OpsApp = ops, query = '') {
  const { policy } = await policyNow();
  return at.ask({ method: 'PUT', url: `/v1/policy${query}`, payload: { ...policy, ...change }, headers });
}

const override = (change: object = {}) => ({
  scope: { cells: [CELL] },
  policy: { mode: 'fixed', fixedLevel: 0.5 },
  endsAtMs: Date.now() + 60_000,
  reason: 'a parade',
  ...change,
});
const add = (change: object = {}) => ops.ask({ method: 'POST', url: '/v1/overrides', payload: override(change) });

describe('the first policy', () => {
  it('is made once, from the settings, with silences that fit the time to live', async () => {
    const { policy, etag, headers } = await policyNow();
    expect(policy).toEqual({
      ...DEFAULT_POLICY,
      maxSilenceMs: { ...DEFAULT_POLICY.maxSilenceMs, idle: 20_000 },
      hygiene: { ...DEFAULT_POLICY.hygiene, maxSpeedMps: 4_200 },
    });
    expect([etag, headers['policy-author'], headers['policy-version']]).toEqual(['"1"', 'hexfleet-ops', '1']);
  });
});

describe('the policy', () => {
  it('is replaced as a whole by who knows the present version', async () => {
    const { etag } = await policyNow();
    const response = await put({ targetLagMs: 300 }, { 'if-match': etag }, ops, '?reason=rain');
    expect([response.statusCode, response.json().targetLagMs]).toEqual([200, 300]);
    expect(Number(response.headers['policy-version'])).toBe(Number(etag.replaceAll('"', '')) + 1);
    const stale = await put({ targetLagMs: 400 }, { 'if-match': etag }, other);
    expect([stale.statusCode, stale.json().code]).toEqual([412, 'precondition_failed']);
    expect((await policyNow()).policy.targetLagMs).toBe(300);
  });

  it.each([
    ['*', 200],
    ['"9999", PRESENT', 200],
    ['W/PRESENT', 412],
    ['"x"', 412],
    ['12', 400],
    ['"12', 400],
  ])('with If-Match %s is answered %d', async (ifMatch, status) => {
    const { etag } = await policyNow();
    expect((await put({}, { 'if-match': ifMatch.replace('PRESENT', etag) })).statusCode).toBe(status);
  });

  it('of two that come at once for one version, takes one', async () => {
    const { etag } = await policyNow();
    const answers = await Promise.all([ops, other].map((at) => put({}, { 'if-match': etag }, at)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 412]);
  });

  it('that has faults is refused with all of them, and nothing is changed', async () => {
    const { etag } = await policyNow();
    const response = await put({ mode: 'clever', fixedLevel: 2, colour: 'red', hygiene: {} });
    expect(response.statusCode).toBe(400);
    const { code, faults } = response.json();
    expect(code).toBe('invalid_policy');
    expect(faults.map(({ path }: { path: string }) => path).sort()).toEqual([
      'colour',
      'fixedLevel',
      'hygiene.futureToleranceMs',
      'hygiene.maxAccuracyM',
      'hygiene.maxAgeMs',
      'hygiene.maxSpeedMps',
      'mode',
    ]);
    expect((await put({}, {}, ops, '?reason=')).statusCode).toBe(400);
    expect((await policyNow()).etag).toBe(etag);
  });

  it('is read by viewers and changed by ops only', async () => {
    const { policy } = await policyNow();
    for (const role of ['driver', 'fleet', 'rider'] as const) {
      for (const url of ['/v1/policy', '/v1/policy/history', '/v1/overrides', '/v1/audit']) {
        expect((await ops.ask({ url, role })).statusCode).toBe(403);
      }
    }
    const changes = [
      { method: 'PUT', url: '/v1/policy', payload: policy },
      { method: 'POST', url: '/v1/policy/rollback', payload: { version: 1 } },
      { method: 'POST', url: '/v1/overrides', payload: override() },
      { method: 'DELETE', url: '/v1/overrides/x' },
    ] as const;
    for (const change of changes) {
      expect((await ops.ask({ ...change, role: 'viewer' })).statusCode).toBe(403);
      expect((await ops.ask({ ...change, role: 'none' })).statusCode).toBe(401);
    }
  });

  it('goes back to an earlier one, as a new version', async () => {
    const rollback = (payload: object) => ops.ask({ method: 'POST', url: '/v1/policy/rollback', payload });
    const before = await policyNow();
    const response = await rollback({ version: 1, reason: 'it was better' });
    expect([response.statusCode, response.json().targetLagMs]).toEqual([200, DEFAULT_POLICY.targetLagMs]);
    expect((await policyNow()).etag).toBe(`"${Number(before.headers['policy-version']) + 1}"`);
    const statuses = [{ version: 9_999 }, { version: 0 }, { version: '1' }, {}, { version: 1, x: 1 }].map(rollback);
    expect((await Promise.all(statuses)).map(({ statusCode }) => statusCode)).toEqual([404, 400, 400, 400, 400]);
    const [entry] = (await ops.ask({ url: '/v1/audit?limit=1' })).json().entries;
    expect(entry).toMatchObject({ action: 'rollback', author: 'local-ops', toVersion: 1, reason: 'it was better' });
  });
});

describe('an override', () => {
  it('is added, told, and ended, each with its author and reason', async () => {
    const added = await add();
    expect([added.statusCode, added.json()]).toEqual([
      201,
      expect.objectContaining({ scope: { cells: [CELL] }, author: 'local-ops', reason: 'a parade' }),
    ]);
    const { id } = added.json();
    expect(added.headers.location).toBe(`/v1/overrides/${id}`);
    const told = await other.ask({ url: '/v1/overrides', role: 'viewer' });
    expect(told.json().overrides).toEqual([added.json()]);
    const end = () => other.ask({ method: 'DELETE', url: `/v1/overrides/${id}?reason=it%20is%20over` });
    expect([(await end()).statusCode, (await end()).statusCode]).toEqual([204, 404]);
    const { entries } = (await ops.ask({ url: '/v1/audit?limit=2' })).json();
    expect(entries).toMatchObject([
      { action: 'end_override', overrideId: id, reason: 'it is over', changes: [{ path: `overrides.${id}` }] },
      { action: 'add_override', overrideId: id, reason: 'a parade', changes: [{ path: `overrides.${id}` }] },
    ]);
  });

  it('ends by itself, which is no change of anybody`s', async () => {
    const { etag } = await policyNow();
    await add({ endsAtMs: Date.now() + 500 });
    const list = async () => (await ops.ask({ url: '/v1/overrides' })).json().overrides;
    await until('it has ended', async () => (await list()).length === 0);
    await put({ targetLagMs: 600 });
    const { entries } = (await ops.ask({ url: '/v1/audit?limit=1' })).json();
    expect(entries[0].changes).toEqual([{ path: 'targetLagMs', before: 500, after: 600 }]);
    expect((await policyNow()).etag).toBe(`"${Number(etag.replaceAll('"', '')) + 2}"`);
  });

  it('that has faults is refused with all of them', async () => {
    const cells = ['8928308280fffff', '83283ffffffffff', 'x', CELL];
    const response = await add({ scope: { cells }, policy: { targetLagMs: 100 }, reason: '' });
    const { code, faults } = response.json();
    expect([response.statusCode, code]).toEqual([400, 'invalid_policy']);
    expect(faults.map(({ path }: { path: string }) => path).sort()).toEqual([
      'policy.targetLagMs',
      'reason',
      'scope.cells.0',
      'scope.cells.1',
      'scope.cells.2',
    ]);
  });
});

describe('history and audit', () => {
  it('have all of 200 changes that two processes take at once', async () => {
    const { headers } = await policyNow();
    const from = Number(headers['policy-version']);
    const { policy } = await policyNow();
    const changes = Array.from({ length: 200 }, (_, i) =>
      (i % 2 === 0 ? ops : other).ask({
        method: 'PUT',
        url: `/v1/policy?reason=change-${i}`,
        payload: { ...policy, targetLagMs: 1_000 + i },
      }),
    );
    expect((await Promise.all(changes)).filter(({ statusCode }) => statusCode !== 200)).toEqual([]);
    const { versions } = (await ops.ask({ url: '/v1/policy/history?limit=200' })).json();
    expect(versions.map(({ version }: { version: number }) => version)).toEqual(
      Array.from({ length: 200 }, (_, i) => from + 200 - i),
    );
    const { entries } = (await other.ask({ url: '/v1/audit?limit=200' })).json();
    expect(new Set(entries.map(({ reason }: { reason: string }) => reason)).size).toBe(200);
    for (const { author, changes: changed } of entries) {
      expect([author, changed]).toEqual(['local-ops', [expect.objectContaining({ path: 'targetLagMs' })]]);
    }
    const earlier = (await ops.ask({ url: `/v1/policy/history?limit=2&before=${from + 1}` })).json();
    expect(earlier.versions.map(({ version }: { version: number }) => version)).toEqual([from, from - 1]);
    for (const limit of ['0', '1001', 'x']) {
      expect((await ops.ask({ url: `/v1/audit?limit=${limit}` })).statusCode).toBe(400);
    }
  });

  it('go on where NATS lost the policy: it is put back', async () => {
    const before = await policyNow();
    const connection = await connect(connectionOptions(nats.url));
    await (await jetstreamManager(connection)).streams.delete('KV_hexfleet_policy');
    await connection.close();
    await until('it is there again', async () => (await ops.ask({ url: '/v1/policy' })).statusCode === 200);
    expect((await policyNow()).policy).toEqual(before.policy);
    expect((await policyNow()).etag).toBe(before.etag);
  });
});
