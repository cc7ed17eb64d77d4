import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Looks again and again until `look` gives something other than undefined or false, and gives that.
 *
 * @throws Error naming `what` when `boundMs` have passed; it is a bound against hanging, not a claim about speed.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  boundMs = 120_000,
): Promise<T> {
  const deadlineMs = Date.now() + boundMs;
  while (true) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadlineMs) throw new Error(`waited ${boundMs} ms in vain until ${what}`);
    await sleep(50);
  }
}
