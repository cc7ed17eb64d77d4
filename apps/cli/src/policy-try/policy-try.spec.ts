import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_POLICY } from '@hexfleet/shed-policy';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Command } from 'commander';
import { registerPolicyTry } from '../commands/policy-try.js';

let folder: string;
let printed = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hexfleet-try-'));
  writeFileSync(join(folder, 'trace.csv'), traceText());
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    printed += String(chunk);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Forty cars on two streets, a fix in 2 s for 4 minutes: a level is met after the first of them. Every other car has a rider. */
function traceText(): string {
  const lines = ['driver_id,ts_ms,lat,lng,status'];
  for (let ping = 0; ping < 120; ping++) {
    for (let car = 0; car < 40; car++) {
      const lat = 37.7 + car / 1_000 + ping * 0.0001 * (1 + (car % 3));
      lines.push(
        `c-${car},${1_700_000_000_000 + ping * 2_000 + car * 10},${lat},-122.4,${car % 2 ? 'on_trip' : 'idle'}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function policyFile(name: string, change: object): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ ...DEFAULT_POLICY, ...change }));
  return path;
}

async function run(...args: string[]): Promise<string> {
  const program = new Command('hexfleet').exitOverride().configureOutput({ writeErr: () => undefined });
  registerPolicyTry(program.command('policy').exitOverride());
  await program.parseAsync(['policy', 'try', ...args, '--trace', join(folder, 'trace.csv')], { from: 'user' });
  return printed;
}

interface Side {
  readonly source: string;
  readonly all: { readonly pings: number; readonly shed: number };
  readonly byStatus: Record<string, { readonly pings: number; readonly error: { readonly p95M: number } }>;
}

describe('policy try', () => {
  it('tells by status what the candidate and the default policy would shed, and at what pressure', async () => {
    const text = await run(policyFile('off.json', { mode: 'off' }), '--share', '0.5');
    expect(text).toContain('4,800 rows');
    expect(text).toContain('current: the default policy, adaptive: tried as if there were room for a share of 0.5');
    expect(text).toMatch(/candidate: .*off.json, off: sheds nothing/);
    expect(text).toMatch(/on_trip +candidate +2,400 +0.0% +0.0 m/);
    expect(text).toMatch(/idle +current +2,400 +[1-9]/);
    expect(text).toMatch(/all +candidate +4,800 +0.0%/);
    expect(text).not.toContain('en_route');
  });

  it('tells the same as JSON, of any two policies', async () => {
    const half = policyFile('half.json', { mode: 'fixed', fixedLevel: 0.5 });
    const shadow = policyFile('shadow.json', { mode: 'fixed', fixedLevel: 0.5, shadow: true });
    const told = JSON.parse(await run(shadow, '--current', half, '--json')) as { current: Side; candidate: Side };
    expect(told.current.source).toBe(half);
    expect(told.candidate.all).toEqual(told.current.all);
    expect(told.current.all.pings).toBe(4_800);
    expect(told.current.all.shed / 4_800).toBeCloseTo(0.5, 1);
    expect(told.candidate.byStatus.idle?.pings).toBe(2_400);
  });

  it('says everything that is wrong with a policy', async () => {
    const bad = policyFile('bad.json', { mode: 'sometimes', fixedLevel: 2, colour: 'red' });
    const failure = expect(run(bad)).rejects;
    await failure.toThrow(/bad.json is no policy:\n(.|\n)*mode must be one of(.|\n)*fixedLevel must be(.|\n)*colour/);
  });

  it('asks for a share from 0 to 1, and for one policy to compare with', async () => {
    const off = policyFile('off.json', { mode: 'off' });
    await expect(run(off, '--share', '25')).rejects.toThrow(/from 0 to 1/);
    await expect(run(off, '--current', off, '--ops', 'http://127.0.0.1:1')).rejects.toThrow(/cannot be used with/);
    await expect(run('-', '--current', '-')).rejects.toThrow(/Only one of two/);
  });
});
