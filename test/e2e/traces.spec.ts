import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseTrace, replaySchedule, type TraceRow } from '@hexfleet/trace';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type RunningHexfleet, startHexfleet } from '../harness/index.js';
import { HygieneOracle, type OracleVerdict, type SentPing } from '../oracle/hygiene-oracle.js';
import { nearestByBruteForce } from '../oracle/nearest-oracle.js';
import { describeWithTraces, readTraceFile } from '../oracle/trace-files.js';
import { FleetView } from './fleet-view.js';
import { type LoadedTrace, PLACES, TRACE_CASES } from './trace-cases.js';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'hexfleet.mjs');
const MAX_SPEED_MPS = 70;
const NEAREST = 10;
const RADIUS_M = 5_000;

for (const { name, needs, speed, dirt, load } of TRACE_CASES) {
  for (const transport of ['http', 'ws'] as const) {
    describeWithTraces(`${name}, replayed in time order over ${transport}`, needs, () => {
      const oracle = new HygieneOracle({ maxSpeedMps: MAX_SPEED_MPS * speed });
      let trace: LoadedTrace;
      let hexfleet: RunningHexfleet;
      let view: FleetView;

      beforeAll(async () => {
        trace = await load();
        hexfleet = await startHexfleet({ args: ['--max-speed-mps', String(MAX_SPEED_MPS * speed), '--ttl', '10m'] });
        view = new FleetView(hexfleet);
      });
      afterAll(() => hexfleet?.stop());

      it('gives every row the oracle`s outcome, the dirt of the file included', async () => {
        const { accepted, rejected } = judgeAll(oracle, trace.rows, speed);
        const summary = await replay(hexfleet, trace.path, speed, transport);
        expect(summary.rejectedByCode).toEqual(rejected);
        const { coalesced, shed, unavailable } = summary;
        expect({ taken: summary.accepted + coalesced, shed, unavailable }).toEqual({
          taken: accepted,
          shed: 0,
          unavailable: 0,
        });
        expect(rejected).toMatchObject(dirt);
      }, 180_000);

      it('balances its books exactly', async () => {
        const { received, partitions } = await view.balanced();
        expect([received, partitions]).toEqual([trace.rows.length, 64]);
      });

      it('shows each vehicle where its newest valid ping was', async () => {
        for (const [driverId, { lat, lng, seq }] of oracle.newest) {
          const shown = await view.driver(driverId);
          const truth = [driverId, expect.closeTo(lat, 6), expect.closeTo(lng, 6), seq];
          expect([driverId, shown?.lat, shown?.lng, shown?.seq]).toEqual(truth);
        }
      }, 120_000);

      it(`gives for ${PLACES} places what a look at every position gives`, async () => {
        const drivers = [...oracle.newest.values()];
        for (const place of trace.places) {
          const truth = nearestByBruteForce(drivers, place, { limit: NEAREST, radiusM: RADIUS_M });
          const near = await view.near(place.lat, place.lng, NEAREST, RADIUS_M);
          expect(near.map(({ id }) => id)).toEqual(truth.map(({ driverId }) => driverId));
          for (const [j, { distanceM }] of near.entries()) {
            expect(Math.abs(distanceM - (truth[j]?.distanceM ?? 0))).toBeLessThan(1);
          }
        }
      }, 120_000);
    });
  }
}

describeWithTraces('a day in file order, its newest row now', ['austin_buses_2017-03-21.csv.gz'], () => {
  const file = 'austin_buses_2017-03-21.csv.gz';
  const speed = 300;
  let hexfleet: RunningHexfleet;

  beforeAll(async () => {
    hexfleet = await startHexfleet({ args: ['--max-speed-mps', String(MAX_SPEED_MPS * speed), '--ttl', '10m'] });
  });
  afterAll(() => hexfleet?.stop());

  it('gives every row the oracle`s outcome, hours-old rows included', async () => {
    const view = new FleetView(hexfleet);
    const { rows } = parseTrace(readTraceFile(file));
    const oracle = new HygieneOracle({ maxSpeedMps: MAX_SPEED_MPS * speed });
    const scheduled = [...replaySchedule(rows, { speed })];
    const newestOffsetMs = Math.max(...scheduled.map(({ capturedOffsetMs }) => capturedOffsetMs));
    const startMs = Date.now() - newestOffsetMs;
    const seen = new Map<string, number>();
    for (let from = 0; from < scheduled.length; from += 500) {
      const pings = scheduled
        .slice(from, from + 500)
        .map((row) => pingOf(row, Math.round(startMs + row.capturedOffsetMs)));
      const sentAtMs = Date.now();
      const reply = await view.post({ sentAtMs, pings });
      const answeredAtMs = Date.now();
      const results = (reply.json as { results: { index: number; outcome: string; code?: string }[] }).results;
      const codes = new Map(
        results.map(({ index, outcome, code }) => [index, outcome === 'coalesced' ? 'accepted' : code]),
      );
      for (const [index, ping] of pings.entries()) {
        const said = codes.get(index) ?? 'accepted';
        // Where an age passes its bound between sending and answering, either verdict is right.
        const verdict = oracle.judge(ping, said === 'too_old' ? answeredAtMs : sentAtMs);
        expect([from + index, said]).toEqual([from + index, verdict]);
        seen.set(said, (seen.get(said) ?? 0) + 1);
      }
    }
    for (const code of ['accepted', 'too_old', 'out_of_order', 'bad_coordinates'])
      expect(seen.get(code)).toBeGreaterThan(0);
    await view.balanced();
  }, 180_000);
});

function pingOf({ row, seq }: { row: TraceRow; seq: number }, capturedAtMs: number): SentPing {
  const { driverId, latDeg, lngDeg, speedMps } = row;
  return { driverId, lat: latDeg, lng: lngDeg, capturedAtMs, seq, ...(speedMps !== undefined && { speedMps }) };
}

/** In time order each ping is sent when it is captured, so that no verdict depends on the clock. */
function judgeAll(oracle: HygieneOracle, rows: readonly TraceRow[], speed: number) {
  const rejected: Partial<Record<OracleVerdict, number>> = {};
  let accepted = 0;
  const sorted = [...rows].sort((a, b) => a.tsMs - b.tsMs);
  for (const scheduled of replaySchedule(sorted, { speed })) {
    const capturedAtMs = Math.round(scheduled.capturedOffsetMs);
    const verdict = oracle.judge(pingOf(scheduled, capturedAtMs), capturedAtMs);
    if (verdict === 'accepted') accepted++;
    else rejected[verdict] = (rejected[verdict] ?? 0) + 1;
  }
  return { accepted, rejected };
}

interface ReplaySummary {
  readonly accepted: number;
  readonly coalesced: number;
  readonly shed: number;
  readonly unavailable: number;
  readonly rejectedByCode: Record<string, number>;
}

async function replay(
  hexfleet: RunningHexfleet,
  path: string,
  speed: number,
  transport: 'http' | 'ws',
): Promise<ReplaySummary> {
  const { gateway, tokens } = hexfleet.ready;
  const target = ['--gateway', gateway, '--token', tokens.fleet, '--transport', transport];
  const args = ['replay', path, '--speed', String(speed), '--sort', '--json', ...target];
  const program = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  program.stdout.on('data', (data) => (out += data));
  program.stderr.on('data', (data) => (err += data));
  const status = await new Promise((resolve) => program.on('close', resolve));
  if (status !== 0) throw new Error(`replay ended with ${status}: ${err}`);
  return JSON.parse(out) as ReplaySummary;
}
