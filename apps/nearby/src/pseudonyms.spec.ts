import { describe, expect, it } from '@jest/globals';
import { Pseudonyms } from './pseudonyms.js';

const SECRET = 'a secret of at least 32 characters';
const NOON_MS = Date.UTC(2026, 4, 17, 12);
const DAY_MS = 86_400_000;

describe('Pseudonyms', () => {
  it('are the same for one driver, spell and day, in every process that shares the secret', () => {
    const name = new Pseudonyms(SECRET).of('d-17', 3, NOON_MS);
    expect(name).toMatch(/^r_[A-Za-z0-9_-]{22}$/);
    const other = new Pseudonyms(SECRET);
    for (const nowMs of [NOON_MS, NOON_MS - DAY_MS / 2, NOON_MS + DAY_MS / 2 - 1]) {
      expect(other.of('d-17', 3, nowMs)).toBe(name);
    }
  });

  it('differ by driver, spell, day and secret, and come back when those do', () => {
    const names = new Pseudonyms(SECRET);
    const first = names.of('d-17', 3, NOON_MS);
    const all = [
      first,
      names.of('d-18', 3, NOON_MS),
      names.of('d-17', 4, NOON_MS),
      names.of('d-17', 3, NOON_MS + DAY_MS / 2),
      names.of('d-1', 73, NOON_MS),
      new Pseudonyms(SECRET.toUpperCase()).of('d-17', 3, NOON_MS),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(names.of('d-17', 3, NOON_MS)).toBe(first);
  });
});
