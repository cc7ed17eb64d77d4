import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { atEnd } from '../harness/cleanup.js';
import { type ChaosReport, faultTable } from './chaos-report.js';
import { ChaosRun } from './chaos-run.js';
import { chaosSettings } from './chaos-settings.js';
import { startSubject } from './subject.js';

const settings = chaosSettings(process.env);
/** To start, to look a last time, and to stop. */
const AROUND_MS = 600_000;

it(
  'keeps every invariant while processes and servers die, stall and lose their data',
  async () => {
    const folder = settings.folder ?? mkdtempSync(join(tmpdir(), 'hexfleet-chaos-'));
    let isEvidence = false;
    atEnd(() => isEvidence || rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
    const say = (line: string) => process.stderr.write(`${line}\n`);
    const isToStop = () => settings.stopFile !== undefined && existsSync(settings.stopFile);
    say(`seed ${settings.seed}, ${settings.writers} writers`);
    const subject = await startSubject(settings, folder);
    const run = new ChaosRun(subject, settings, say, isToStop);
    let rest = {};
    try {
      await run.run();
      if (settings.isLong) rest = await run.rest();
    } catch (error) {
      run.violations.add('recovery', String(error));
    }
    isEvidence = !run.violations.none;
    const evidence = isEvidence ? await run.keepEvidence(folder) : undefined;
    await run.close();
    await subject.hexfleet.stop();
    const report = run.report(rest);
    tell(report);
    if (evidence !== undefined) say(`\nWhat was wrong, headers and directory: ${evidence}`);
    const told = run.violations.kept.map(({ invariant, atMs, what }) => `${invariant} at ${atMs / 1_000} s: ${what}`);
    expect({ seed: settings.seed, violations: told.slice(0, 20) }).toEqual({ seed: settings.seed, violations: [] });
    // A run in which nothing happened proves nothing.
    const { faults, pings, looks, checkpoints } = report;
    const placed = Math.max(...checkpoints.map(({ drivers }) => drivers));
    const counts = [faults.length, pings.accepted ?? 0, looks.headers, looks.moves, looks.poison, placed];
    expect(counts.map((count) => count > 0)).not.toContain(false);
  },
  settings.faultsForMs + AROUND_MS,
);

function tell(report: ChaosReport): void {
  process.stderr.write(`\n${faultTable(report.faults)}\n\n`);
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
