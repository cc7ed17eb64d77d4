import { HomeCells } from '@hexfleet/cells';
import type { WriterSignals } from '@hexfleet/load-shedding';
import { readSettings } from '@hexfleet/settings';
import { createLogger } from '@hexfleet/telemetry';
import { gatewaySettings } from '../gateway-settings.js';
import { Backlog } from '../intake/backlog.js';
import { Shedding } from './shedding.js';

const LONG_AGO_MS = 60_000;
const SECRET = 'a secret that is long enough for HS256';

/** All that decides on shedding, before owners that tell of no pressure; what it is told may be changed. */
export function calmShedding(partitions: number, backlog = new Backlog(100_000)): Shedding {
  const settings = readSettings(gatewaySettings, {
    HEXFLEET_PARTITIONS: String(partitions),
    HEXFLEET_JWT_SECRET: SECRET,
  });
  let behindMs = LONG_AGO_MS;
  const shedding = new Shedding(settings, {
    logger: createLogger({ app: 'gateway', level: 'silent' }),
    cells: new HomeCells(settings),
    backlog,
    heldBytes: () => 0,
    nowMs: () => Date.now() - behindMs,
  });
  // Nobody tells it of a policy: it has waited for one long enough.
  shedding.pressure.streamUp();
  behindMs = 0;
  tellShare(shedding, partitions, 1);
  return shedding;
}

/** Lets the owner of every partition tell how much is to be admitted there. */
export function tellShare({ pressure }: Shedding, partitions: number, share: number): void {
  pressure.hear(calmSignals(partitions, share));
}

/** What a writer tells that owns all partitions. */
export function calmSignals(partitions: number, share: number): WriterSignals {
  const counts = { epoch: 1, lagMs: 0, backlogMessages: 0, written: 0, superseded: 0, expired: 0 };
  return {
    writer: 'w',
    atMs: Date.now(),
    partitions: Array.from({ length: partitions }, (_, partition) => ({ partition, share, ...counts })),
  };
}
