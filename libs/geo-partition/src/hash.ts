/**
 * Two small integer hashes over ASCII text: FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo) and the 32-bit finaliser of
 * MurmurHash3 (A. Appleby), which spreads FNV's weak low bits before a modulus is taken.
 */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export function mix32(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
