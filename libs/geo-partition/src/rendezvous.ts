import { fnv1a32, mix32 } from './hash.js';

/**
 * Rendezvous (highest random weight) hashing: each key goes to the node whose hash together with the key is greatest, so
 * that a joining or leaving node moves only its own share of the keys.
 * Source: D. Thaler, C. Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996.
 *
 * @throws RangeError when `nodes` is empty.
 */
export function rendezvous(key: string, nodes: readonly string[]): string {
  let best: string | undefined;
  let bestWeight = -1;
  for (const node of nodes) {
    const weight = mix32(fnv1a32(`${node}\n${key}`));
    if (weight > bestWeight || (weight === bestWeight && best !== undefined && node < best)) {
      best = node;
      bestWeight = weight;
    }
  }
  if (best === undefined) throw new RangeError('rendezvous hashing needs at least one node');
  return best;
}
