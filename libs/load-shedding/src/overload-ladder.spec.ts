import { describe, expect, it } from '@jest/globals';
import { OverloadLadder } from './overload-ladder.js';
import { OVERLOAD_STAGES, type OverloadStage } from './signals.js';

const PERIOD_MS = 200;

/** Drives it on and tells each stage that it comes to, with the second at which it does. */
function stagesOf(ladder: OverloadLadder, fromMs: number, seconds: number, loop: number, ownShare: number) {
  const stages: [second: number, stage: OverloadStage][] = [];
  for (let nowMs = fromMs; nowMs < fromMs + seconds * 1_000; nowMs += PERIOD_MS) {
    if (ladder.update(nowMs, loop, ownShare)) stages.push([(nowMs - fromMs) / 1_000, ladder.stage]);
  }
  return stages;
}

describe('the stages of overload', () => {
  it('are climbed one after the other, each after two busy seconds, and no further than the last', () => {
    expect(stagesOf(new OverloadLadder(), 0, 60, 1, 0.5)).toEqual([
      [0, 'shed_more'],
      [2, 'decide_before_decoding'],
      [4, 'read_slower'],
      [6, 'refuse_connections'],
    ]);
  });

  it('are left one after the other, each after three easy seconds', () => {
    const ladder = new OverloadLadder();
    stagesOf(ladder, 0, 10, 1, 0.5);
    expect(stagesOf(ladder, 10_000, 60, 0.5, 1)).toEqual([
      [3, 'read_slower'],
      [6, 'decide_before_decoding'],
      [9, 'shed_more'],
      [9.2, 'calm'],
    ]);
  });

  it('do not change in between: a loop that is busy and not too busy keeps its stage', () => {
    const ladder = new OverloadLadder();
    stagesOf(ladder, 0, 5, 1, 0.5);
    expect(ladder.stage).toBe('read_slower');
    expect(stagesOf(ladder, 5_000, 600, 0.95, 0.5)).toEqual([]);
  });

  it('are left while there is more to do than fits: its own share keeps the loop at nine tenths', () => {
    const ladder = new OverloadLadder();
    stagesOf(ladder, 0, 5, 1, 0.5);
    expect(stagesOf(ladder, 5_000, 600, 0.9, 0.5)).toEqual([
      [3, 'decide_before_decoding'],
      [6, 'shed_more'],
    ]);
  });

  it('go on when the clock is put back', () => {
    const ladder = new OverloadLadder();
    stagesOf(ladder, 60_000, 1, 1, 0.5);
    expect(stagesOf(ladder, 0, 3, 1, 0.5)).toEqual([[2, 'decide_before_decoding']]);
    stagesOf(ladder, 60_000, 1, 0.5, 0.5);
    expect(stagesOf(ladder, 0, 4, 0.5, 0.5)).toEqual([[3, 'shed_more']]);
  });

  it('are not climbed for busy moments with a break between them', () => {
    const ladder = new OverloadLadder();
    for (let nowMs = 0; nowMs < 60_000; nowMs += PERIOD_MS) ladder.update(nowMs, nowMs % 1_000 === 0 ? 0.9 : 1, 0.5);
    expect(ladder.stage).toBe('shed_more');
  });

  it('include those before them', () => {
    const ladder = new OverloadLadder();
    expect(OVERLOAD_STAGES.map((stage) => ladder.isAt(stage))).toEqual([true, false, false, false, false]);
    stagesOf(ladder, 0, 5, 1, 0.5);
    expect(OVERLOAD_STAGES.map((stage) => ladder.isAt(stage))).toEqual([true, true, true, true, false]);
  });

  it('begin and end with the gateway’s own share', () => {
    const ladder = new OverloadLadder();
    expect(ladder.update(0, 0.2, 1)).toBe(false);
    expect(ladder.update(200, 0.2, 0.9)).toBe(true);
    expect(ladder.stage).toBe('shed_more');
    expect(ladder.update(400, 0.2, 1)).toBe(true);
    expect(ladder.stage).toBe('calm');
  });
});
