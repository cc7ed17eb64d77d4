import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 60_000;
/**
 * What no waiting will mend is looked at again for this long: another process may be about to notice what has changed, and a
 * fleet that has just died holds its Redis for 5 s yet.
 */
const FINAL_PATIENCE_MS = 6_000;
const POLL_INTERVAL_MS = 50;
const ANSWER_TIMEOUT_MS = 2_000;

interface Said {
  readonly isFinal: boolean;
  /** What is missing, in words. */
  readonly text: string;
}

/** Waits until an app's dependencies answer. @throws Error with the app's own account of what is missing. */
export async function becomesReady(label: string, url: string, signal: AbortSignal): Promise<void> {
  const startedAtMs = Date.now();
  let finalSinceMs: number | undefined;
  let said: Said = { isFinal: false, text: 'nothing' };
  while (Date.now() - startedAtMs < PATIENCE_MS) {
    signal.throwIfAborted();
    try {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      if (answer.ok) return;
      said = read(await answer.text());
    } catch (error) {
      said = { isFinal: false, text: (error as Error).message };
    }
    finalSinceMs = said.isFinal ? (finalSinceMs ?? Date.now()) : undefined;
    if (finalSinceMs !== undefined && Date.now() - finalSinceMs >= FINAL_PATIENCE_MS) {
      throw new Error(`${label} can't run: ${said.text}`);
    }
    await sleep(POLL_INTERVAL_MS);
  }
  throw new Error(`${label} is not ready after ${PATIENCE_MS / 1_000} s: ${said.text}`);
}

/** Of several things that are missing, those that no waiting will mend are the cause of the others. */
function read(body: string): Said {
  const checks = Object.entries(checksOf(body)).filter(([, { ok }]) => !ok);
  const final = checks.filter(([, check]) => check.final === true);
  const isFinal = final.length > 0;
  const told = (isFinal ? final : checks).map(([name, { detail }]) => `${name}: ${detail}`).join('; ');
  return { isFinal, text: told || body };
}

function checksOf(body: string): Record<string, { ok: boolean; detail?: string; final?: boolean }> {
  try {
    return JSON.parse(body).checks ?? {};
  } catch {
    return {};
  }
}
