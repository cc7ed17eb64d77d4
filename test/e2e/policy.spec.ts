import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningHexfleet, startHexfleet, temporaryFolder } from '../harness/index.js';

const PROGRAM = join(import.meta.dirname, '../../bin/hexfleet.mjs');
let hexfleet: RunningHexfleet;
let file: string;

beforeAll(async () => {
  hexfleet = await startHexfleet({ args: ['--max-speed-mps', '4200'] });
  file = join(temporaryFolder(), 'policy.json');
});

/** What an operator types, with what is typed into it. */
async function hexfleetCommand(args: readonly string[], input = '') {
  const target = ['--ops', hexfleet.ready.ops, '--data-dir', hexfleet.dataDir];
  const child = spawn(process.execPath, [PROGRAM, ...args, ...target], { env: { ...process.env, NODE_OPTIONS: '' } });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out, err, status: await ended };
}

describe('an operator', () => {
  it('gets the policy, sees what another one would change, and sets it', async () => {
    const got = await hexfleetCommand(['policy', 'get']);
    expect([got.status, got.err]).toEqual([0, 'version 1\n']);
    const policy = JSON.parse(got.out);
    expect(policy.hygiene.maxSpeedMps).toBe(4_200);
    writeFileSync(file, JSON.stringify({ ...policy, targetLagMs: 300 }));
    const lines = '- targetLagMs: 500\n+ targetLagMs: 300\n';
    expect((await hexfleetCommand(['policy', 'diff', file])).out).toBe(lines);
    const set = await hexfleetCommand(['policy', 'set', '-', '--reason', 'rain'], readFileSync(file, 'utf8'));
    expect(set).toEqual({ out: lines, err: 'version 2 is in force\n', status: 0 });
    const again = await hexfleetCommand(['policy', 'set', file]);
    expect(again).toEqual({ out: '', err: 'no difference from version 2\n', status: 0 });
  });

  it('is told all that is wrong with a policy', async () => {
    const refused = await hexfleetCommand(['policy', 'set', '-'], '{"mode":"clever","colour":"red"}');
    expect(refused.status).toBe(1);
    expect(refused.err).toMatch(/Refused: 400 invalid_policy/);
    expect(refused.err).toMatch(/ {2}colour is not known here\n/);
    expect(refused.err).toMatch(/ {2}hygiene is missing\n/);
    expect((await hexfleetCommand(['policy', 'set', '-'], '{')).err).toMatch(/^The standard input is no JSON/);
  });

  it('goes back, and reads who did what', async () => {
    const back = await hexfleetCommand(['policy', 'rollback', '1', '--reason', 'dry again']);
    expect([back.status, back.out]).toEqual([0, '- targetLagMs: 300\n+ targetLagMs: 500\n']);
    const history = (await hexfleetCommand(['policy', 'history'])).out.trimEnd().split('\n');
    expect(history.map((line) => line.replace(/^ *(\d+) .*Z {2}\S+ {2}/, '$1 '))).toEqual([
      '3 rollback to 1: dry again',
      '2 set_policy: rain',
      '1 first_policy: the first policy, from the settings',
    ]);
    expect((await hexfleetCommand(['policy', 'rollback', '99'])).status).toBe(1);
  });

  it('overrides the policy for some pings and some time', async () => {
    const flags = ['--status', 'idle', '--fixed-level', '0.5', '--for', '10m', '--reason', 'a parade'];
    const added = await hexfleetCommand(['override', 'add', ...flags]);
    expect(added.status).toBe(0);
    const id = added.out.trim();
    expect((await hexfleetCommand(['override', 'list'])).out).toMatch(new RegExp(`^${id} {2}idle .*: a parade\n$`));
    expect((await hexfleetCommand(['override', 'end', id])).status).toBe(0);
    expect((await hexfleetCommand(['override', 'end', id])).status).toBe(1);
    expect((await hexfleetCommand(['override', 'list'])).out).toBe('');
  });

  it('sees the pressure', async () => {
    const seen = await hexfleetCommand(['pressure', '--once']);
    expect(seen.status).toBe(0);
    expect(seen.out).toMatch(/^partition +lag +share/m);
    const { partitions } = JSON.parse((await hexfleetCommand(['pressure', '--once', '--json'])).out);
    expect(partitions).toHaveLength(64);
  });

  it('finds the policy again after a restart, and is told that it is not as the start asked for', async () => {
    const { out: before } = await hexfleetCommand(['policy', 'get']);
    const { dataDir } = hexfleet;
    await hexfleet.stop();
    hexfleet = await startHexfleet({ args: ['--max-speed-mps', '90'], dataDir });
    expect((await hexfleetCommand(['policy', 'get'])).out).toBe(before);
    const [warning] = hexfleet.log.split('\n').filter((line) => line.includes('HEXFLEET_MAX_SPEED_MPS'));
    expect(JSON.parse(warning ?? '{}')).toMatchObject({ given: 90, inForce: 4_200 });
  });
});
