import {
  type GatewaySignals,
  readGatewaySignals,
  readWriterSignals,
  type WriterSignals,
} from '@hexfleet/load-shedding';
import type { ControlBus } from '@hexfleet/ping-bus';
import { readWriterBeat, silentAfterMs, WRITER_BEATS, type WriterBeat } from '@hexfleet/writer-membership';

/** A reporter that has been silent for longer is gone. They report several times a second. */
const REPORT_TIMEOUT_MS = 5_000;
const reportTimeoutMs = () => REPORT_TIMEOUT_MS;
/** More reporters than any fleet has; past it the ones that came first are forgotten. */
const MAX_REPORTERS = 1_000;

/** The newest report of each writer and gateway: of pressure, and of a writer what it owns. */
export class FleetReports {
  readonly #writers: Newest<WriterSignals>;
  readonly #gateways: Newest<GatewaySignals>;
  readonly #beats: Newest<WriterBeat>;
  readonly #startedAtMs: number;

  constructor(
    private readonly bus: ControlBus,
    private readonly nowMs: () => number,
  ) {
    this.#startedAtMs = nowMs();
    this.#writers = new Newest(readWriterSignals, ({ writer }) => writer, reportTimeoutMs, nowMs);
    this.#gateways = new Newest(readGatewaySignals, ({ gateway }) => gateway, reportTimeoutMs, nowMs);
    this.#beats = new Newest(readWriterBeat, ({ writer, session }) => `${writer}/${session}`, silentAfterMs, nowMs);
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

  /** Of writers that the others take to be alive. */
  beats(): WriterBeat[] {
    return this.#beats.all();
  }

  /** NATS is there, and some writer is heard, or whoever is there would have been by now. */
  get knowsWriters(): boolean {
    const hasListened = this.nowMs() - this.#startedAtMs > REPORT_TIMEOUT_MS;
    return this.bus.connected && (hasListened || this.beats().length > 0);
  }
}

class Newest<Report> {
  readonly #byName = new Map<string, { readonly report: Report; readonly heardMs: number }>();

  constructor(
    private readonly read: (value: unknown) => Report | undefined,
    private readonly nameOf: (report: Report) => string,
    private readonly timeoutMs: (report: Report) => number,
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
    const nowMs = this.nowMs();
    for (const [name, { report, heardMs }] of this.#byName)
      if (nowMs - heardMs > this.timeoutMs(report)) this.#byName.delete(name);
    return [...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { report }]) => report);
  }
}
