import type { ControlBus } from '@hexfleet/ping-bus';
import { describe, expect, it } from '@jest/globals';
import { DecisionsController } from './decisions.controller.js';

const NO_REPLIES = [
  null,
  7,
  'none',
  [],
  {},
  { watchedUntilMs: 900 },
  { watchedUntilMs: 900, decisions: {} },
  { decisions: [] },
];

function controllerHearing(...replies: readonly unknown[]): DecisionsController {
  return new DecisionsController({ ask: async () => replies } as unknown as ControlBus);
}

describe('the decisions on a driver', () => {
  it('are gathered from replies that are some, the newest first', async () => {
    const replies = [
      ...NO_REPLIES,
      { gateway: 'g-1', watchedUntilMs: 100, decisions: [{ atMs: 1 }, null, { atMs: 3 }, {}] },
      { gateway: 'g-2', watchedUntilMs: 200, decisions: [{ atMs: 2 }] },
    ];
    expect(await controllerHearing(...replies).decisions('d-1')).toEqual({
      ...{ driverId: 'd-1', watchedUntilMs: 200 },
      decisions: [{ atMs: 3 }, { atMs: 2 }, { atMs: 1 }],
    });
  });

  it('are not there when no gateway gives a reply that is one', async () => {
    await expect(controllerHearing(...NO_REPLIES).decisions('d-1')).rejects.toThrow('no gateway answers');
  });
});
