import type { WirePing } from '@hexfleet/wire';
import { describe, expect, it } from '@jest/globals';
import { HygieneOracle } from './hygiene-oracle.js';
import { JudgedFrames } from './judged-frames.js';

type Results = { index: number; outcome: 'rejected' | 'coalesced' | 'unavailable'; code?: 'duplicate' | 'too_old' }[];

function ping(seq: number, capturedAtMs: number): WirePing {
  return { driverId: 'd-1', lat: 37.77, lng: -122.42, capturedAtMs, seq };
}

function note(judged: JudgedFrames, frame: number, pings: WirePing[], results: Results, leftAtMs: number): void {
  const counts = { accepted: 0, coalesced: 0, shed: 0, rejected: 0, unavailable: 0 };
  const answer = { ...counts, results, next: { afterMs: 0, minMoveM: 0 } };
  judged.note({ frame, pings, leftAtMs }, { kind: 'answered', answer });
}

describe('judged frames', () => {
  it('are compared in the order of sending, whatever the order of the answers', () => {
    const judged = new JudgedFrames();
    const nowMs = Date.now();
    note(judged, 2, [ping(2, nowMs), ping(2, nowMs)], [{ index: 1, outcome: 'rejected', code: 'duplicate' }], nowMs);
    note(judged, 1, [ping(1, nowMs - 1_000), ping(1, nowMs - 500)], [{ index: 0, outcome: 'coalesced' }], nowMs);
    const { alike, unlike } = judged.compare(new HygieneOracle());
    expect(unlike).toEqual([]);
    expect(Object.fromEntries(alike)).toEqual({ accepted: 3, duplicate: 1 });
  });

  it('show what the gateway judged otherwise, and leave out what it did not judge', () => {
    const judged = new JudgedFrames();
    const nowMs = Date.now();
    const sent = [ping(1, nowMs), ping(1, nowMs), ping(9, nowMs)];
    note(judged, 1, sent, [{ index: 2, outcome: 'unavailable' }], nowMs);
    expect(judged.compare(new HygieneOracle()).unlike).toEqual([
      { ping: sent[1], gateway: 'accepted', oracle: 'duplicate' },
    ]);
  });

  it('may be judged either way when they cross a bound on the way', () => {
    const atLeavingMs = Date.now() - 2_000;
    const onTheEdge = ping(1, atLeavingMs - 59_000);
    for (const results of [[], [{ index: 0, outcome: 'rejected', code: 'too_old' }]] satisfies Results[]) {
      const judged = new JudgedFrames();
      note(judged, 1, [onTheEdge], results, atLeavingMs);
      expect(judged.compare(new HygieneOracle()).unlike).toEqual([]);
    }
    const judged = new JudgedFrames();
    note(judged, 1, [ping(1, atLeavingMs - 61_000)], [], atLeavingMs);
    expect(judged.compare(new HygieneOracle()).unlike).toHaveLength(1);
  });
});
