import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricDefinition } from './metric-names.js';

/** A row of a metric that is read when it is scraped. */
export interface Reading<Label extends string> {
  readonly labels: Readonly<Record<Label, string | number>>;
  readonly value: number;
}

/**
 * One app's metrics. Each helper takes a row of `METRIC`, so that a name is written down once. On a hot path keep the
 * counter, and for a fixed label its child (`counter.labels('future')`): finding the child is most of the cost.
 */
export class Metrics {
  readonly contentType: string;
  readonly #registry = new Registry();

  constructor({ processMetrics = true } = {}) {
    this.contentType = this.#registry.contentType;
    if (processMetrics) collectDefaultMetrics({ register: this.#registry });
  }

  counter<Label extends string>(definition: MetricDefinition<Label>): Counter<Label> {
    return new Counter({ ...namesOf(definition), registers: [this.#registry] });
  }

  gauge<Label extends string>(definition: MetricDefinition<Label>): Gauge<Label> {
    return new Gauge({ ...namesOf(definition), registers: [this.#registry] });
  }

  histogram<Label extends string>(definition: MetricDefinition<Label>): Histogram<Label> {
    const buckets = definition.buckets === undefined ? {} : { buckets: [...definition.buckets] };
    return new Histogram({ ...namesOf(definition), ...buckets, registers: [this.#registry] });
  }

  /** A gauge without labels whose value is asked for at each scrape. */
  observe(definition: MetricDefinition<never>, read: () => number): void {
    new Gauge({
      ...namesOf(definition),
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** A gauge with labels whose rows are asked for at each scrape; a row no longer told is no longer exported. */
  observeRows<Label extends string>(definition: MetricDefinition<Label>, read: () => Iterable<Reading<Label>>): void {
    new Gauge({
      ...namesOf(definition),
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.set({ ...labels }, value);
      },
    });
  }

  /** A counter whose totals are kept elsewhere (beside the data) and are asked for at each scrape. */
  observeTotals<Label extends string>(definition: MetricDefinition<Label>, read: () => Iterable<Reading<Label>>): void {
    new Counter({
      ...namesOf(definition),
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.inc({ ...labels }, value);
      },
    });
  }

  /** All of them in Prometheus's text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

export function createMetrics(options?: { readonly processMetrics?: boolean }): Metrics {
  return new Metrics(options);
}

function namesOf<Label extends string>({ name, help, labels }: MetricDefinition<Label>) {
  return { name, help, labelNames: [...labels] };
}
