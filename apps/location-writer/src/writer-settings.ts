import {
  commonSettings,
  durationMs,
  integer,
  layoutSettings,
  machineName,
  natsSettings,
  redisSettings,
  type SettingsOf,
  streamSettings,
  text,
} from '@hexfleet/settings';

export const WRITER_SETTINGS = {
  ...commonSettings,
  ...natsSettings,
  ...streamSettings,
  ...redisSettings,
  ...layoutSettings,
  /** Names this writer to operators. */
  writerId: text(/^[A-Za-z0-9_.:-]{1,64}$/, '1 to 64 letters, digits or _.:-').default(
    `${machineName()}-${process.pid}`,
  ),
  /** A writer that dies or hangs is replaced, and its partitions written again, within about this long. */
  writerLeaseMs: durationMs(500, 60_000).default(3_000),
  /** Pings a second that the writer takes, for drills; 0 for no limit. */
  writerLimit: integer(0, 10_000_000).default(0),
  /** How often what has come in is written: longer is cheaper a ping, shorter is fresher. */
  writeIntervalMs: durationMs(5, 1_000).default(200),
};

export type WriterSettings = SettingsOf<typeof WRITER_SETTINGS>;
