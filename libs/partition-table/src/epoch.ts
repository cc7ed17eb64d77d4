/** Epochs a millisecond, so that two owners who know of the same last one hardly ever take the same next one. */
const EPOCHS_A_MS = 1_024;

/**
 * The epoch under which a partition is taken over: above the last one that NATS and Redis know of, and no less than the time, so
 * that it is above all before it also when both have been wiped while former owners live on. `random`: from 0 up to 1; two
 * take-overs on either side of a wipe see nothing of one another, and it alone tells them apart. Source: hybrid logical clocks,
 * S. Kulkarni et al., "Logical Physical Clocks", 2014.
 */
export function nextEpoch(lastInNats: number, lastInRedis: number, nowMs: number, random: number): number {
  const first = Math.max(lastInNats + 1, lastInRedis + 1, nowMs * EPOCHS_A_MS);
  return first + Math.floor(random * EPOCHS_A_MS);
}
