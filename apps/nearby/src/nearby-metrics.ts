import { METRIC, type Metrics } from '@hexfleet/telemetry';

/** What the app counts. Children are kept, since finding one is most of a counter's cost. */
export class NearbyMetrics {
  readonly nearestSeconds;
  readonly driverSeconds;
  readonly rings;
  readonly degraded;

  constructor(metrics: Metrics) {
    const seconds = metrics.histogram(METRIC.nearbySeconds);
    this.nearestSeconds = seconds.labels('nearest');
    this.driverSeconds = seconds.labels('driver');
    this.rings = metrics.histogram(METRIC.nearbyRings);
    this.degraded = metrics.counter(METRIC.nearbyDegraded);
  }
}
