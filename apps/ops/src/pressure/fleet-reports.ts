import {
  type GatewaySignals,
  readGatewaySignals,
  readWriterSignals,
  type WriterSignals,
} from '@hexfleet/load-shedding';
import type { ControlBus } from '@hexfleet/ping-bus';
import { readWriterBeat, WRITER_BEATS, type WriterBeat } from '@hexfleet/writer-membership';

/** A reporter that has been silent for longer is gone. They report several times a second. */
const REPORT_TIMEOUT_MS = 5_000;
/** More reporters than any fleet has; past it the ones that came first are forgotten. */
const MAX_REPORTERS = 1_000;

/** The newest report of each writer and gateway: of pressure, and of a writer what it owns. */
export class FleetReports {
  readonly #writers: Newest<WriterSignals>;
  readonly #gateways: Newest<GatewaySignals>;
  readonly #beats: Newest<WriterBeat>;

  constructor(bus: ControlBus, nowMs: () => number) {
    this.#writers = new Newest(readWriterSignals, ({ writer }) => writer, nowMs);
    this.#gateways = new Newest(readGatewaySignals, ({ gateway }) => gateway, nowMs);
    this.#beats = new Newest(readWriterBeat, ({ writer, session }) => `${writer}/${session}`, nowMs);
    bus.subscribe('signals.writer', (value) => this.#writers.take(value));
    bus.subscribe('signals.gateway', (value) => this.#gateways.take(value));
    bus.subscribe(WRITER_BEATS, (value) => this.#beats.take(value));
  }

  writers(): WriterSignals[] {
    return this.#writers.all();
  }

  gateways(): GatewaySignals[] {
    return this.#gateways.all();
  }

  beats(): WriterBeat[] {
    return this.#beats.all();
  }
}

class Newest<Report> {
  readonly #byName = new Map<string, { readonly report: Report; readonly heardMs: number }>();

  constructor(
    private readonly read: (value: unknown) => Report | undefined,
    private readonly nameOf: (report: Report) => string,
    private readonly nowMs: () => number,
  ) {}

  /** What is no report is left aside. Its age is told by our clock, since theirs may differ. */
  take(value: unknown): void {
    const report = this.read(value);
    if (report === undefined) return;
    const name = this.nameOf(report);
    this.#byName.delete(name);
    this.#byName.set(name, { report, heardMs: this.nowMs() });
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > MAX_REPORTERS && oldest !== undefined) this.#byName.delete(oldest);
  }

  /** In the order of their names. */
  all(): Report[] {
    const sinceMs = this.nowMs() - REPORT_TIMEOUT_MS;
    for (const [name, { heardMs }] of this.#byName) if (heardMs < sinceMs) this.#byName.delete(name);
    return [...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { report }]) => report);
  }
}
