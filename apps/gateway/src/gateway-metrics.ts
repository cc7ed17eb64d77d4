import { type LoadShedder, OVERLOAD_STAGES } from '@hexfleet/load-shedding';
import type { AdmittedFixes } from '@hexfleet/ping';
import { REJECT_CODES, SHED_CODES, STATUSES } from '@hexfleet/ping';
import type { PublishResult } from '@hexfleet/ping-bus';
import { METRIC, type Metrics } from '@hexfleet/telemetry';
import type { Backlog } from './intake/backlog.js';
import type { Outboxes } from './intake/outboxes.js';
import type { PingTally } from './intake/ping-tally.js';
import type { GatewayPressure } from './shedding/gateway-pressure.js';
import type { PolicyInUse } from './shedding/policy-in-use.js';
import type { DriverStream } from './stream/driver-stream.js';

interface SheddingTold {
  readonly pressure: GatewayPressure;
  readonly policies: PolicyInUse;
  readonly shedder: LoadShedder;
  readonly tally: PingTally;
}

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

/** What the gateway sheds by, and how far it has gone. */
export function exportShedding(metrics: Metrics, { pressure, policies, shedder, tally }: SheddingTold): void {
  metrics.observe(METRIC.policyVersion, () => policies.version);
  metrics.observe(METRIC.gatewayOwnShare, () => pressure.ownShare);
  metrics.observe(METRIC.gatewayLoopUtilization, () => pressure.loopUtilization);
  metrics.observe(METRIC.silenceStretch, () => pressure.silenceStretch);
  metrics.observe(METRIC.silentPartitions, () => pressure.silentPartitions);
  metrics.observe(METRIC.gatewayBelievedDrivers, () => shedder.drivers);
  metrics.observeRows(METRIC.overloadStage, () =>
    OVERLOAD_STAGES.map((stage) => ({ labels: { stage }, value: Number(pressure.ladder.stage === stage) })),
  );
  metrics.observeRows(METRIC.partitionShare, () =>
    pressure.offeredPartitions.map(({ partition, share }) => ({ labels: { partition }, value: share })),
  );
  metrics.observeTotals(METRIC.pingsShadowShed, () =>
    STATUSES.map((status) => ({ labels: { status }, value: tally.shadowShed[status] })),
  );
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
