import type { AdmittedFixes } from '@hexfleet/ping';
import { REJECT_CODES, SHED_CODES, STATUSES } from '@hexfleet/ping';
import type { PublishResult } from '@hexfleet/ping-bus';
import { METRIC, type Metrics } from '@hexfleet/telemetry';
import type { Backlog } from './intake/backlog.js';
import type { Outboxes } from './intake/outboxes.js';
import type { PingTally } from './intake/ping-tally.js';
import type { DriverStream } from './stream/driver-stream.js';

/** The conservation counters, read from the tally at each scrape, so that the hot path only adds to plain numbers. */
export function exportTally(metrics: Metrics, tally: PingTally): void {
  metrics.observeTotals(METRIC.pingsReceived, () => [{ labels: {}, value: tally.received }]);
  metrics.observeTotals(METRIC.pingsCoalesced, () => [{ labels: {}, value: tally.coalesced }]);
  metrics.observeTotals(METRIC.pingsAccepted, () => [{ labels: {}, value: tally.accepted }]);
  metrics.observeTotals(METRIC.pingsUnavailable, () => [{ labels: {}, value: tally.unavailable }]);
  metrics.observeTotals(METRIC.pingsRejected, () =>
    REJECT_CODES.map((code) => ({ labels: { code }, value: tally.rejected[code] })),
  );
  metrics.observeTotals(METRIC.pingsShed, () =>
    SHED_CODES.flatMap((code) =>
      STATUSES.map((status) => ({ labels: { code, status }, value: tally.shed[code][status] })),
    ),
  );
}

/** What the gateway holds; each has its bound in the settings. */
export function exportHoldings(
  metrics: Metrics,
  { outboxes, backlog, admitted }: { outboxes: Outboxes; backlog: Backlog; admitted: AdmittedFixes },
): void {
  metrics.observe(METRIC.gatewayPendingPings, () => backlog.pings);
  metrics.observe(METRIC.gatewayPingsInDoubt, () => outboxes.pingsInDoubt);
  metrics.observe(METRIC.gatewayBatchesInFlight, () => outboxes.batchesInFlight);
  metrics.observe(METRIC.gatewayBufferedBytes, () => outboxes.heldBytes);
  metrics.observe(METRIC.gatewayDrivers, () => admitted.size);
}

export function exportSockets(metrics: Metrics, stream: DriverStream): void {
  metrics.observe(METRIC.gatewayOpenSockets, () => stream.openSockets);
  metrics.observeTotals(METRIC.gatewayFrames, () => [{ labels: {}, value: stream.frames }]);
}

/** Returns what to call with the outcome of each publication. */
export function publishObserver(metrics: Metrics): (result: PublishResult, elapsedMs: number, pings: number) => void {
  const seconds = metrics.histogram(METRIC.publishSeconds);
  const batchPings = metrics.histogram(METRIC.publishedBatchPings);
  return ({ kind }, elapsedMs, pings) => {
    seconds.observe({ outcome: kind }, elapsedMs / 1_000);
    batchPings.observe(pings);
  };
}
