/**
 * The epoch under which a partition is taken over: above the last one that NATS and Redis know of, and no less than the time, so
 * that it is above all before it also when both have been wiped while former owners live on. Source: hybrid logical clocks,
 * S. Kulkarni et al., "Logical Physical Clocks", 2014.
 */
export function nextEpoch(lastInNats: number, lastInRedis: number, nowMs: number): number {
  return Math.max(lastInNats + 1, lastInRedis + 1, nowMs);
}
