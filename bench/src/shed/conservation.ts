import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from '../drill/drill.js';
import { MetricsPage } from '../drill/metrics-page.js';

const OUTCOMES = ['accepted', 'shed', 'rejected', 'coalesced', 'unavailable'] as const;
const ENDS = ['written', 'superseded', 'expired'] as const;
const PATIENCE_MS = 15_000;
const POLL_MS = 200;

/** Pings in no count, once nothing is on the way any more; 0 of either when all is well. */
export interface Missing {
  /** Received, without an outcome: the sum over gateways, whichever way each is off. */
  readonly atGateways: number;
  /** Accepted, and neither written nor superseded nor expired. */
  readonly atWriter: number;
}

/** What is missing after so long at most, of a Hexfleet to which nothing is sent any more. */
export async function conservationOf(drill: Drill): Promise<Missing> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  while (true) {
    const missing = await missingNow(drill);
    if ((missing.atGateways === 0 && missing.atWriter === 0) || Date.now() > deadlineMs) return missing;
    await sleep(POLL_MS);
  }
}

async function missingNow({ gatewayUrls, hexfleet }: Drill): Promise<Missing> {
  const gateways = await Promise.all(gatewayUrls.map((url) => MetricsPage.of(url)));
  const writer = await MetricsPage.of(hexfleet.writerUrls[0]);
  const total = (page: MetricsPage, names: readonly string[]) =>
    names.reduce((sum, name) => sum + page.sum(`hexfleet_pings_${name}_total`), 0);
  const off = gateways.map((page) => Math.abs(total(page, ['received']) - total(page, OUTCOMES)));
  const accepted = gateways.reduce((sum, page) => sum + total(page, ['accepted']), 0);
  return { atGateways: off.reduce((sum, it) => sum + it, 0), atWriter: Math.abs(accepted - total(writer, ENDS)) };
}
