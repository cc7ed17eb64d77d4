/**
 * Fixed-time traffic lights, worked out from the time alone, so that thousands of them need no memory. All lights share
 * one cycle of 70 s and start it at moments of their own: north–south is green for the first 44%, east–west from 50% to
 * 94%, and in between everybody waits. Where two arterials meet there is always a light, where one does mostly,
 * elsewhere seldom.
 */
const CYCLE_MS = 70_000;
const GREEN_SHARE = 0.44;
/** Of 256 crossings with no, one and two arterials, so many have a light. */
const LIGHTS_OF_256 = [40, 170, 256] as const;

/** `crossing` is the crossing's own random 32 bits; `arterials` how many of its two streets are arterials. */
export function isRed(crossing: number, arterials: number, direction: number, atMs: number): boolean {
  if ((crossing & 0xff) >= (LIGHTS_OF_256[arterials] ?? 0)) return false;
  const startedMs = (crossing >>> 8) % CYCLE_MS;
  const phase = ((atMs + startedMs) % CYCLE_MS) / CYCLE_MS;
  const greenFrom = direction % 2 === 0 ? 0 : 0.5;
  return phase < greenFrom || phase >= greenFrom + GREEN_SHARE;
}
