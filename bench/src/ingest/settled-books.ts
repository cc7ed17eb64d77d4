import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 15_000;
const POLL_MS = 200;

/** Waits until every accepted ping is written, superseded or expired. @throws Error when that doesn't come about. */
export async function settledBooks(gatewayUrl: string, writerUrls: readonly string[]): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  while (true) {
    const [gateway, ...writers] = await Promise.all([gatewayUrl, ...writerUrls].map(metricsOf));
    const accepted = sumOf(gateway as string, 'accepted');
    const taken = (outcome: string) => writers.reduce((sum, metrics) => sum + sumOf(metrics, outcome), 0);
    const settled = taken('written') + taken('superseded') + taken('expired');
    if (accepted === settled) return;
    if (Date.now() > deadlineMs) throw new Error(`${accepted} pings were accepted, ${settled} are in the books`);
    await sleep(POLL_MS);
  }
}

async function metricsOf(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

function sumOf(metrics: string, outcome: string): number {
  const rows = metrics.matchAll(new RegExp(`^hexfleet_pings_${outcome}_total(?:{[^}]*})? (.*)$`, 'gm'));
  return [...rows].reduce((sum, [, value]) => sum + Number(value), 0);
}
