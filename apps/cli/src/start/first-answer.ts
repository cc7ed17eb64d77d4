import { setTimeout as sleep } from 'node:timers/promises';
import type { HexfleetUp } from './hexfleet-run.js';
import { DEMO_PLACE } from './report.js';

const PATIENCE_MS = 20_000;
const POLL_INTERVAL_MS = 250;

/** Waits, within a bound, until the simulated fleet can be found, so that the query that we suggest has an answer. */
export async function firstAnswer({ nearby, tokens }: HexfleetUp): Promise<void> {
  const headers = { authorization: `Bearer ${tokens.rider}` };
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_INTERVAL_MS) {
    try {
      const answer = await fetch(`${nearby.url}/v1/drivers/nearby?${DEMO_PLACE}&limit=3`, { headers });
      const body = (await answer.json()) as { drivers?: unknown[] };
      if ((body.drivers?.length ?? 0) > 0) return;
    } catch {
      // Not yet; the next look tells.
    }
    await sleep(POLL_INTERVAL_MS);
  }
}
