/**
 * Every metric that an app exports, in one table: name with its unit last, labels, what it counts. The conservation
 * counters (`pings…`) are part of the contract with operators and are never renamed.
 */
export interface MetricDefinition<Label extends string = string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds of a histogram's buckets, in the metric's unit. */
  readonly buckets?: readonly number[];
}

const LATENCY_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZE_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

export const METRIC = {
  // gateway: received = rejected + shed + coalesced + unavailable + accepted + (pending and in doubt)
  pingsReceived: metric('hexfleet_pings_received_total', 'Pings that came in'),
  pingsRejected: metric('hexfleet_pings_rejected_total', 'Pings refused as bad input', 'code'),
  pingsShed: metric('hexfleet_pings_shed_total', 'Pings dropped on purpose', 'code', 'status'),
  pingsCoalesced: metric('hexfleet_pings_coalesced_total', 'Pings that a newer one of the same moment stands for'),
  pingsAccepted: metric('hexfleet_pings_accepted_total', 'Pings that the stream has acknowledged'),
  pingsUnavailable: metric('hexfleet_pings_unavailable_total', 'Pings not known to be in the stream'),
  gatewayOpenSockets: metric('hexfleet_gateway_open_sockets', 'WebSockets open'),
  gatewayFrames: metric('hexfleet_gateway_frames_total', 'WebSocket frames received'),
  gatewayBatchesInFlight: metric('hexfleet_gateway_batches_in_flight', 'Batches published and not yet acknowledged'),
  gatewayBufferedBytes: metric('hexfleet_gateway_buffered_bytes', 'Bytes of batches held for the stream'),
  gatewayPendingPings: metric('hexfleet_gateway_pending_pings', 'Pings that wait for the stream and for an answer'),
  gatewayPingsInDoubt: metric(
    'hexfleet_gateway_pings_in_doubt',
    'Pings that the stream may have or not, not yet counted',
  ),
  gatewayDrivers: metric('hexfleet_gateway_drivers', 'Drivers whose last ping is remembered'),
  pingsShadowShed: metric(
    'hexfleet_pings_shadow_shed_total',
    'Pings admitted that the policy would have shed if it were no shadow',
    'status',
  ),
  partitionShare: metric(
    'hexfleet_gateway_partition_share',
    'Share of pings that the gateway admits to a partition',
    'partition',
  ),
  silenceStretch: metric(
    'hexfleet_silence_stretch',
    'Factor by which silence bounds are stretched, 1 when they hold; the largest over the partitions',
  ),
  silentPartitions: metric('hexfleet_gateway_silent_partitions', 'Partitions whose owner tells nothing'),
  overloadStage: metric(
    'hexfleet_gateway_overload_stage',
    'How far the gateway has gone against its own overload: 1 for the stage that it is in',
    'stage',
  ),
  gatewayOwnShare: metric('hexfleet_gateway_own_share', 'Share of pings that the gateway admits for its own sake'),
  gatewayLoopUtilization: metric(
    'hexfleet_gateway_loop_utilization_ratio',
    'Busy share of the time of the event loop, 0 to 1',
  ),
  gatewayBelievedDrivers: metric(
    'hexfleet_gateway_believed_drivers',
    'Drivers of which is remembered what readers believe',
  ),
  publishSeconds: histogram('hexfleet_publish_seconds', 'From publishing a batch to its outcome', 'outcome'),
  publishedBatchPings: sizes('hexfleet_published_batch_pings', 'Pings in a published batch'),

  // writer: accepted = written + superseded + expired over the partitions; durable, kept beside the data
  pingsWritten: metric('hexfleet_pings_written_total', 'Pings written', 'partition'),
  pingsSuperseded: metric('hexfleet_pings_superseded_total', 'Pings made useless by a newer one', 'partition'),
  pingsExpired: metric('hexfleet_pings_expired_total', 'Pings older than the TTL when their turn came', 'partition'),
  partitionLagSeconds: metric('hexfleet_partition_lag_seconds', 'Age of the oldest ping not yet written', 'partition'),
  partitionDrivers: metric('hexfleet_partition_drivers', 'Drivers in a partition', 'partition'),
  partitionEpoch: metric('hexfleet_partition_epoch', 'Epoch under which a partition is owned', 'partition'),
  writerPartitions: metric('hexfleet_writer_partitions', 'Partitions that this writer owns'),
  writerBatches: metric('hexfleet_writer_batches_total', 'Batches read from the stream'),
  writerUnreadableBatches: metric('hexfleet_writer_unreadable_batches_total', 'Messages skipped as no ping batches'),
  writerDoubts: metric('hexfleet_writer_doubts_total', 'Writes whose outcome was in doubt, by cause', 'cause'),

  // nearby
  nearbySeconds: histogram('hexfleet_nearby_seconds', 'A query, from request to answer', 'query'),
  nearbyRings: sizes('hexfleet_nearby_rings', 'Rings searched by a nearest query'),
  nearbyDegraded: metric('hexfleet_nearby_degraded_total', 'Answers that could not see every partition they needed'),

  // policy
  policyVersion: metric('hexfleet_policy_version', 'Version of the policy that this process runs, 0 before any'),
  policyOverrides: metric('hexfleet_policy_overrides', 'Overrides in force'),
  policyChanges: metric('hexfleet_policy_changes_total', 'Changes of the policy that this process made', 'action'),

  // every app
  problems: metric('hexfleet_problems_total', 'Requests answered with a problem', 'code'),
  dependencyUp: metric(
    'hexfleet_dependency_up',
    'Whether a dependency answered the last readiness check',
    'dependency',
  ),
  dependencyDegraded: metric(
    'hexfleet_dependency_degraded',
    'Whether what a dependency holds was at risk at the last readiness check',
    'dependency',
  ),
} as const;

function metric<Label extends string = never>(name: string, help: string, ...labels: Label[]): MetricDefinition<Label> {
  return { name, help, labels };
}

function histogram<Label extends string = never>(
  name: string,
  help: string,
  ...labels: Label[]
): MetricDefinition<Label> {
  return { name, help, labels, buckets: LATENCY_BUCKETS_SECONDS };
}

function sizes<Label extends string = never>(name: string, help: string, ...labels: Label[]): MetricDefinition<Label> {
  return { name, help, labels, buckets: SIZE_BUCKETS };
}
