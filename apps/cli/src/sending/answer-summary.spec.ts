import { AnswerTally } from '@hexfleet/ping-client';
import { describe, expect, it } from '@jest/globals';
import { allAnswered, answerLines } from './answer-summary.js';

describe('the summary of answers', () => {
  it('names what happened, with codes, most frequent first, and leaves out what did not', () => {
    const tally = new AnswerTally();
    tally.handedOver(1_203);
    tally.frameSent(1_203, 3);
    const rejected = (code: 'duplicate' | 'too_old', index: number) => ({ index, outcome: 'rejected', code }) as const;
    tally.answered({
      accepted: 1_200,
      coalesced: 0,
      shed: 0,
      rejected: 3,
      unavailable: 0,
      results: [rejected('duplicate', 0), rejected('too_old', 1), rejected('too_old', 2)],
      next: { afterMs: 4_000, minMoveM: 0 },
    });
    expect(answerLines(tally.counts)).toEqual([
      '1,203 pings; sent 1,203 in 1 frames, 3 of them again',
      '  accepted 1,200',
      '  rejected 3 (too_old 2, duplicate 1)',
    ]);
    expect(allAnswered(tally.counts)).toBe(true);
  });

  it.each(['unavailable', 'unanswered'] as const)('does not call it well when a ping stayed %s', (end) => {
    const tally = new AnswerTally();
    tally.gaveUp(1, end);
    expect(allAnswered(tally.counts)).toBe(false);
    expect(answerLines(tally.counts)).toContain(`  ${end} 1`);
  });
});
