import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 60_000;
const POLL_INTERVAL_MS = 50;
const ANSWER_TIMEOUT_MS = 2_000;

/** Waits until an app's dependencies answer. @throws Error with the app's own account of what is missing. */
export async function becomesReady(label: string, url: string, signal: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  let said = 'nothing';
  while (Date.now() < deadlineMs) {
    signal.throwIfAborted();
    try {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      said = await answer.text();
      if (answer.ok) return;
    } catch (error) {
      said = (error as Error).message;
    }
    await sleep(POLL_INTERVAL_MS);
  }
  throw new Error(`${label} is not ready after ${PATIENCE_MS / 1_000} s; it says: ${said}`);
}
