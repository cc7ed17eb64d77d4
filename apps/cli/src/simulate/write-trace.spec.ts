import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FleetSimulation } from '@hexfleet/fleet-simulation';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ProgressBar } from '../progress-bar.js';
import { readTrace } from '../replay/read-trace.js';
import { UserError } from '../user-error.js';
import { writeTrace } from './write-trace.js';

const START_MS = 1_767_225_600_000;
const folder = mkdtempSync(join(tmpdir(), 'hexfleet-simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function write(name: string): Promise<{ rows: number; path: string }> {
  const simulation = new FleetSimulation({ seed: 4, drivers: 50, intervalMs: 4_000, startMs: START_MS });
  const path = join(folder, name);
  const bar = new ProgressBar('simulate');
  const times = { startMs: START_MS, durationMs: 60_000 };
  return { rows: await writeTrace(simulation, path, { ...times, bar, stop: new AbortController().signal }), path };
}

describe('writing a simulated trace', () => {
  it('gives a file that replay reads, by true time, the same for the same seed', async () => {
    const { rows, path } = await write('fleet.csv');
    const trace = readTrace(path);
    expect(trace.unreadable).toEqual([]);
    expect(trace.rows).toHaveLength(rows);
    expect(rows).toBeGreaterThan(700);
    expect(trace.rows.every(({ tsMs }) => tsMs > START_MS && tsMs <= START_MS + 60_000)).toBe(true);
    expect(trace.rows.map(({ tsMs }) => tsMs)).toEqual(trace.rows.map(({ tsMs }) => tsMs).toSorted((a, b) => a - b));
    expect(readTrace((await write('again.csv.gz')).path)).toEqual(trace);
    expect(readFileSync(join(folder, 'again.csv.gz')).readUInt16BE(0)).toBe(0x1f8b);
  });

  it('says when the file cannot be written', async () => {
    await expect(write('no/such/folder.csv')).rejects.toThrow(UserError);
  });
});
