import { spawn } from 'node:child_process';
import { AnswerTally, GatewaySocket, PingLane, PingLanes, PingPoster, type TallyCounts } from '@hexfleet/ping-client';
import { replaySchedule, type TraceRow } from '@hexfleet/trace';
import type { WirePing } from '@hexfleet/wire';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROGRAM } from '../harness/hexfleet.js';
import { type RunningHexfleet, someAtATime, startHexfleet } from '../harness/index.js';
import { HygieneOracle, type OracleVerdict } from '../oracle/hygiene-oracle.js';
import { JudgedFrames } from '../oracle/judged-frames.js';
import { nearestByBruteForce } from '../oracle/nearest-oracle.js';
import { describeWithTraces } from '../oracle/trace-files.js';
import { FleetView } from './fleet-view.js';
import { Operator } from './operator.js';
import { PLACES, TRACE_CASES, traceOfFleet } from './trace-cases.js';

const TRANSPORTS = ['http', 'ws'] as const;
const MAX_SPEED_MPS = 70;
const NEAREST = 10;
const RADIUS_M = 5_000;
/** A machine that is busy with something else falls behind; no verdict hangs on that before pings are a minute old. */
const SLOW_MACHINE = ['--max-lag', '30s'];

for (const { name, needs, speed, dirt, load } of TRACE_CASES) {
  describeWithTraces(`${name}, replayed in time order`, needs, () => {
    // Over both transports into one Hexfleet, as two fleets: so each vehicle has a twin in the same places.
    const oracle = new HygieneOracle({ maxSpeedMps: MAX_SPEED_MPS * speed });
    let hexfleet: RunningHexfleet;
    let view: FleetView;
    let sent = 0;

    beforeAll(async () => {
      hexfleet = await startHexfleet({ args: ['--max-speed-mps', String(MAX_SPEED_MPS * speed), '--ttl', '10m'] });
      await new Operator(hexfleet).changePolicy({ mode: 'off' });
      view = new FleetView(hexfleet);
    });
    afterAll(() => hexfleet?.stop());

    it.each(TRANSPORTS)(
      'over %s gives every row the oracle`s outcome, the dirt of the file included',
      async (transport) => {
        const { path, rows } = traceOfFleet((await load()).text, transport);
        const { accepted, rejected } = judgeAll(oracle, rows, speed);
        const summary = await replay(hexfleet, path, speed, transport);
        // A replay that was held up has other times than the oracle saw.
        expect(summary.heldMs).toBe(0);
        expect(summary.rejectedByCode).toEqual(rejected);
        const { coalesced, shed, unavailable } = summary;
        expect({ taken: summary.accepted + coalesced, shed, unavailable }).toEqual({
          taken: accepted,
          shed: 0,
          unavailable: 0,
        });
        expect(rejected).toMatchObject(dirt);
        sent += rows.length;
      },
    );

    it('balances its books exactly', async () => {
      const { received, partitions } = await view.balanced();
      expect([received, partitions]).toEqual([sent, 64]);
    });

    it('shows each vehicle where its newest valid ping was', async () => {
      const drivers = [...oracle.newest];
      const seen = await someAtATime(drivers, ([driverId]) => view.driver(driverId));
      for (const [i, [driverId, { lat, lng, seq }]] of drivers.entries()) {
        const shown = seen[i];
        const truth = [driverId, expect.closeTo(lat, 6), expect.closeTo(lng, 6), seq];
        expect([driverId, shown?.lat, shown?.lng, shown?.seq]).toEqual(truth);
      }
    });

    it(`gives for ${PLACES} places what a look at every position gives`, async () => {
      const drivers = [...oracle.newest.values()];
      const { places } = await load();
      const answers = await someAtATime(places, ({ lat, lng }) => view.near(lat, lng, NEAREST, RADIUS_M));
      for (const [i, near] of answers.entries()) {
        const place = places[i] as (typeof places)[0];
        const truth = nearestByBruteForce(drivers, place, { limit: NEAREST, radiusM: RADIUS_M });
        expect(near.map(({ id }) => id)).toEqual(truth.map(({ driverId }) => driverId));
        for (const [j, { distanceM }] of near.entries()) {
          expect(Math.abs(distanceM - (truth[j]?.distanceM ?? 0))).toBeLessThan(1);
        }
      }
    });
  });
}

describe('in file order, the newest row now and all sent at once', () => {
  const maxSpeedMps = 20_000;
  let hexfleet: RunningHexfleet;

  beforeAll(async () => {
    hexfleet = await startHexfleet({ args: ['--max-speed-mps', String(maxSpeedMps), '--ttl', '10m'] });
    await new Operator(hexfleet).changePolicy({ mode: 'off' });
  });
  afterAll(() => hexfleet?.stop());

  for (const [i, { name, needs, inFileOrder, load }] of TRACE_CASES.entries()) {
    describeWithTraces(name, needs, () => {
      it.each(TRANSPORTS)('gets the oracle`s outcome for every row, old ones included, over %s', async (transport) => {
        const judged = new JudgedFrames();
        const pings = pingsOfNow(traceOfFleet((await load()).text, `${transport}${i}`).rows);
        const counts = await sendAtOnce(hexfleet, transport, pings, judged);
        expect(counts).toMatchObject({ shed: 0, unavailable: 0, unanswered: 0, refused: 0, skipped: 0 });
        const { alike, unlike } = judged.compare(new HygieneOracle({ maxSpeedMps }));
        // A few say it, of tens of thousands.
        expect(unlike.slice(0, 5)).toEqual([]);
        expect([...alike.values()].reduce((sum, count) => sum + count)).toBe(pings.length);
        for (const verdict of ['accepted', 'too_old', ...inFileOrder] as const)
          expect(alike.get(verdict)).toBeGreaterThan(0);
      });
    });
  }

  it('balances its books exactly', async () => {
    await new FleetView(hexfleet).balanced();
  });
});

/** A file's rows with its span pressed into five minutes, of which the last one is young enough. */
function pingsOfNow(rows: readonly TraceRow[]): WirePing[] {
  const times = rows.map(({ tsMs }) => tsMs);
  const newestMs = times.reduce((a, b) => Math.max(a, b));
  const speed = (newestMs - times.reduce((a, b) => Math.min(a, b))) / 300_000;
  const nowMs = Date.now();
  return [...replaySchedule(rows, { speed })].map((scheduled) =>
    pingOf(scheduled, Math.round(nowMs - (newestMs - scheduled.row.tsMs) / speed)),
  );
}

/** By several lanes, each driver's pings by one. */
async function sendAtOnce(
  { ready: { gateway: gatewayUrl, tokens } }: RunningHexfleet,
  transport: 'http' | 'ws',
  pings: readonly WirePing[],
  judged: JudgedFrames,
): Promise<TallyCounts> {
  const target = { gatewayUrl, token: tokens.fleet };
  const tally = new AnswerTally();
  const lane = () =>
    transport === 'http'
      ? new PingLane({ carrier: new PingPoster(target), windowFrames: 1, tally, onReply: judged.note })
      : new PingLane({ carrier: new GatewaySocket(target), windowFrames: 4, tally, onReply: judged.note });
  const lanes = new PingLanes([lane(), lane(), lane()]);
  for (const ping of pings) {
    if (lanes.isFull) await lanes.room();
    lanes.push(ping);
  }
  await lanes.drained();
  await lanes.close();
  return tally.counts;
}

function pingOf({ row, seq }: { row: TraceRow; seq: number }, capturedAtMs: number) {
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
  readonly heldMs: number;
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
  const args = ['replay', path, '--speed', String(speed), '--sort', '--json', ...SLOW_MACHINE, ...target];
  const program = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  program.stdout.on('data', (data) => (out += data));
  program.stderr.on('data', (data) => (err += data));
  const status = await new Promise((resolve) => program.on('close', resolve));
  if (status !== 0) throw new Error(`replay ended with ${status}: ${err}`);
  return JSON.parse(out) as ReplaySummary;
}
