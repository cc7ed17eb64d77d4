import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseTrace, type TraceRow } from '@hexfleet/trace';
import { readTraceFile, TRACES_DIR } from '../oracle/trace-files.js';
import type { ChaosSettings } from './chaos-settings.js';
import type { Ledger } from './ledger.js';
import { LoadLane } from './load-lane.js';
import { type PingSource, QuickFleet, TraceFleet } from './ping-sources.js';
import { PoisonFleet } from './poison.js';
import type { Subject } from './subject.js';
import type { Violations } from './violations.js';

/** A cab's fix a minute comes every 1.5 s. */
const TRACE_SPEED = 40;
const TRACE = 'sf_cabs_2008-05-30_18h.csv.gz';
/** The simulated fleet comes in so many shifts, of which one retires at a time, for good. */
const SHIFTS = 3;

/** All of the load: shifts of the simulated fleet, a recorded one where there is one, and drivers who also send poison. */
export class Lanes {
  readonly hasTrace: boolean;
  readonly poison: PoisonFleet;
  readonly #shifts: LoadLane[];
  readonly #all: LoadLane[];
  #shiftsSoFar = 0;

  constructor(
    { hexfleet, view }: Subject,
    ledger: Ledger,
    private readonly settings: ChaosSettings,
    violations: Violations,
  ) {
    const target = { gatewayUrl: hexfleet.ready.gateway, token: hexfleet.ready.tokens.fleet };
    const lane = (source: PingSource) => new LoadLane(source, ledger, target);
    this.poison = new PoisonFleet(view, violations);
    this.#shifts = Array.from({ length: SHIFTS }, () => lane(this.#newShift()));
    const rows = traceRows(settings.isLong ? 2 : 6);
    this.hasTrace = rows.length > 0;
    const trace = this.hasTrace ? [lane(new TraceFleet(rows, TRACE_SPEED, 'cab'))] : [];
    this.#all = [...this.#shifts, ...trace, lane(this.poison)];
  }

  get longestAnswerMs(): number {
    return Math.max(...this.#all.map((lane) => lane.longestAnswerMs));
  }

  resume(): void {
    for (const lane of this.#all) lane.resume();
  }

  async pause(): Promise<void> {
    await Promise.all(this.#all.map((lane) => lane.pause()));
  }

  /** One shift's drivers are never heard of again; others come in their place. */
  changeShift(): void {
    const lane = this.#shifts[this.#shiftsSoFar % SHIFTS] as LoadLane;
    lane.source = this.#newShift();
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((lane) => lane.close()));
  }

  #newShift(): PingSource {
    const number = ++this.#shiftsSoFar;
    return new QuickFleet(
      this.settings.seed + number,
      `s${number}-`,
      Math.ceil(this.settings.simulatedDrivers / SHIFTS),
    );
  }
}

/** Of each so many vehicles of the recorded trace one; none where the trace isn't there. */
function traceRows(oneIn: number): TraceRow[] {
  if (!existsSync(join(TRACES_DIR, TRACE))) return [];
  const { rows } = parseTrace(readTraceFile(TRACE));
  const taken = new Set([...new Set(rows.map(({ driverId }) => driverId))].filter((_, i) => i % oneIn === 0));
  return rows.filter(({ driverId }) => taken.has(driverId));
}
