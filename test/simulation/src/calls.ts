import type { World } from './world.js';

/** A task gives the word back to the scheduler wherever others may come in between. */
export type Task<Result = void> = Generator<undefined, Result, undefined>;

export const LOST = Symbol('no answer');

const LOST_REQUESTS = 0.06;
const LOST_REPLIES = 0.06;
/** A late request does most harm right after another one about the same driver. */
const LATE_FOLLOWS = 0.5;

/**
 * One request over a network that loses, delays and reorders: an answer, or none, whether it was carried out or not.
 * `about`: the drivers that it is about, where it is about some.
 */
export function* once<Result>(
  world: World,
  what: () => string,
  act: () => Result,
  about: readonly string[] = [],
): Task<Result | typeof LOST> {
  const { dice } = world;
  yield;
  if (!world.isCalm && dice.happens('lost request', LOST_REQUESTS)) {
    world.note(() => `  lost on its way: ${what()}`);
    return LOST;
  }
  if (!world.isCalm && dice.happens('late request', world.weather.lateRequests)) {
    world.note(() => `  held up on its way: ${what()}`);
    world.see('a request held up on its way');
    world.late.push({ what, act, about });
    return LOST;
  }
  const result = act();
  // Most questions for to-dos find none.
  world.note(() => (wordOf(result).startsWith('{"todos":[]') ? '' : `  ${what()} → ${wordOf(result)}`));
  world.check();
  const followers = world.late.filter((late) => late.about.some((driverId) => about.includes(driverId)));
  if (!world.isCalm && followers.length > 0 && dice.happens('late follows', LATE_FOLLOWS))
    world.arriveLate(dice.pick('which follows', followers));
  if (!world.isCalm && dice.happens('lost reply', LOST_REPLIES)) {
    world.note(() => `  its reply is lost: ${what()}`);
    world.see('a reply lost');
    return LOST;
  }
  yield;
  return result;
}

/** Asks until there is an answer. */
export function* insist<Result>(
  world: World,
  what: () => string,
  act: () => Result,
  about: readonly string[] = [],
): Task<Result> {
  for (;;) {
    const reply = yield* once(world, what, act, about);
    if (reply !== LOST) return reply as Result;
  }
}

function wordOf(result: unknown): string {
  if (typeof result === 'string') return result;
  if (result === undefined) return 'done';
  const { kind } = result as { kind?: string };
  if (kind !== undefined) return kind;
  return JSON.stringify(result, (_, value) => (value?.type === 'Buffer' ? '…' : value))?.slice(0, 120) ?? '';
}
