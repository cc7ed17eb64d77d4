import { MAX_PUBLISHER_DOUBT_MS, MAX_PUBLISHER_IDLE_MS } from '@hexfleet/partition-table';
import { DEFAULT_HYGIENE } from '@hexfleet/ping';
import { MAX_BATCH_PINGS } from '@hexfleet/ping-batch';
import {
  commonSettings,
  decimal,
  durationMs,
  hygieneSettings,
  integer,
  jwtSettings,
  layoutSettings,
  natsSettings,
  port,
  type SettingsOf,
  streamSettings,
} from '@hexfleet/settings';

/** Each key is a variable: `maxSpeedMps` is HEXFLEET_MAX_SPEED_MPS. Everything that the gateway holds has a bound here. */
export const gatewaySettings = {
  ...commonSettings,
  ...natsSettings,
  ...streamSettings,
  ...layoutSettings,
  ...jwtSettings,
  ...hygieneSettings,
  port: port(8080),

  /** How far a fix may be off without a move, on top of what hygiene bounds. */
  slackM: decimal(0, 10_000).default(DEFAULT_HYGIENE.slackM),
  /** Past it, the drivers that have been silent longest are forgotten. About 400 bytes each, what readers believe included. */
  driversRemembered: integer(100, 50_000_000).default(500_000),

  // Requests and sockets.
  /** Of a request's body and of a WebSocket message. */
  maxBodyBytes: integer(1_024, 16_777_216).default(524_288),
  /** WebSockets, on top of `maxConnections`. */
  maxSockets: integer(1, 200_000).default(20_000),
  /** Frames of one socket that wait for their answers; past it the socket isn't read. */
  maxFramesInFlight: integer(1, 10_000).default(64),
  /** Answers of one socket that its client hasn't read; past it the socket is closed. */
  maxBufferedBytes: integer(4_096, 67_108_864).default(1_048_576),
  /** A silent socket is pinged after one of these, and cut after one more. */
  idleMs: durationMs(1_000, 600_000).default(30_000),
  /** A client that doesn't do its part of the closing handshake in this time is cut; a stopping gateway waits for it. */
  closeTimeoutMs: durationMs(100, 10_000).default(2_000),

  // The way to the stream.
  /** Longer makes larger batches, and a message costs all behind it far more than a ping; but answers wait for it. */
  flushIntervalMs: durationMs(1, 1_000).default(200),
  /** Drivers pending in a partition at which it is flushed early. */
  flushPings: integer(1, MAX_BATCH_PINGS).default(500),
  publishTimeoutMs: durationMs(100, 60_000).default(5_000),
  /** How long a batch may be in doubt while the stream is there; its pings then count as `unavailable`. */
  maxDoubtMs: durationMs(1_000, MAX_PUBLISHER_DOUBT_MS).default(600_000),
  /** A partition's publisher that was idle for longer takes a new name. */
  publisherIdleMs: durationMs(60_000, MAX_PUBLISHER_IDLE_MS).default(MAX_PUBLISHER_IDLE_MS),
  /** Pings that wait for the stream, over all partitions; past it pings are shed. */
  maxPendingPings: integer(1, 10_000_000).default(50_000),

  // What apps are told.
  nextAfterMs: durationMs(100, 600_000).default(4_000),
  nextMinMoveM: integer(0, 10_000).default(25),
  retryAfterSeconds: integer(1, 3_600).default(2),

  // The end.
  /** How long pings under way may take to be acknowledged when the gateway stops. */
  drainMs: durationMs(0, 60_000).default(5_000),
  /** Over how long clients are told to spread their coming back. */
  reconnectSpreadMs: durationMs(0, 600_000).default(10_000),
};

export type GatewaySettings = SettingsOf<typeof gatewaySettings>;

/** Where providers find the settings. */
export const GATEWAY_SETTINGS = Symbol('gateway settings');
