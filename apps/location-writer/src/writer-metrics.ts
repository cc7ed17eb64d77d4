import { METRIC, type Metrics, type Reading } from '@hexfleet/telemetry';
import type { PartitionRunner } from './partition-runner.js';

/** What the writer exports. The counts by partition are those that Redis holds, so they survive the writer. */
export class WriterMetrics {
  readonly batches;
  readonly unreadableBatches;
  readonly doubts;

  constructor(private readonly metrics: Metrics) {
    this.batches = metrics.counter(METRIC.writerBatches);
    this.unreadableBatches = metrics.counter(METRIC.writerUnreadableBatches);
    this.doubts = metrics.counter(METRIC.writerDoubts);
  }

  watch(runners: ReadonlyMap<number, PartitionRunner>): void {
    const rows = (value: (runner: PartitionRunner) => number) =>
      function* read(): Generator<Reading<'partition'>> {
        for (const runner of runners.values()) {
          if (runner.state === 'running') yield { labels: { partition: runner.partition }, value: value(runner) };
        }
      };
    this.metrics.observeTotals(
      METRIC.pingsWritten,
      rows(({ totals }) => totals.written),
    );
    this.metrics.observeTotals(
      METRIC.pingsSuperseded,
      rows(({ totals }) => totals.superseded),
    );
    this.metrics.observeTotals(
      METRIC.pingsExpired,
      rows(({ totals }) => totals.expired),
    );
    this.metrics.observeRows(
      METRIC.partitionLagSeconds,
      rows((runner) => runner.lagMs(Date.now()) / 1_000),
    );
    this.metrics.observeRows(
      METRIC.partitionDrivers,
      rows(({ drivers }) => drivers),
    );
    this.metrics.observeRows(
      METRIC.partitionEpoch,
      rows(({ epoch }) => epoch),
    );
    this.metrics.observe(METRIC.writerPartitions, () => runners.size);
  }
}
