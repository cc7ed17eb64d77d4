import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FleetHold } from './fleet-hold.js';
import type { Shard } from './shard.js';

/** One server: its key fades when time passes, and it answers as the function `hold` does. */
class HeldKey {
  value: string | undefined;
  fadesAtMs = 0;
  calls = 0;

  readonly shard = {
    call: async (_name: string, _key: string, [text, heldMs, , ...ids]: readonly (string | number)[]) => {
      this.calls++;
      if (Date.now() >= this.fadesAtMs) this.value = undefined;
      if (this.value !== undefined && !ids.includes(this.value.split(' ')[0] as string)) {
        return [Buffer.from('OTHER'), Buffer.from(this.value)];
      }
      this.value = `${ids[0]} ${text}`;
      this.fadesAtMs = Date.now() + Number(heldMs);
      return [Buffer.from('HELD')];
    },
  } as unknown as Shard;
}

const holds: FleetHold[] = [];
let key: HeldKey;

function holdOf(id: string): FleetHold {
  const hold = new FleetHold(key.shard, 'a:fleet');
  holds.push(hold);
  hold.claim(id);
  return hold;
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  key = new HeldKey();
});
afterEach(() => {
  for (const hold of holds.splice(0)) hold.close();
  jest.useRealTimers();
});

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

describe('who writes a Redis', () => {
  it('is the fleet that was there; another with the same name is refused while it lives, and then follows', async () => {
    const first = holdOf('one');
    await pass(500);
    const second = holdOf('two');
    await pass(0);
    expect(second.problem?.severity).toBe('failing');
    await pass(3_000);
    expect(second.problem).toMatchObject({ severity: 'refuse', text: expect.stringContaining('by another fleet') });
    expect(() => second.requireHeld()).toThrow('by another fleet');
    expect(() => first.requireHeld()).not.toThrow();
    first.close();
    await pass(10_000);
    expect(second.problem).toBeUndefined();
    expect(() => second.requireHeld()).not.toThrow();
  });

  it('is never refused for good by what a fleet that is no more has left', async () => {
    const first = holdOf('one');
    await pass(0);
    first.close();
    const second = holdOf('two');
    const severities = new Set<string | undefined>();
    for (let i = 0; i < 80; i++) {
      severities.add(second.problem?.severity);
      await pass(100);
    }
    expect(severities).toEqual(new Set([undefined, 'failing']));
    expect(() => second.requireHeld()).not.toThrow();
  });

  it('goes on at once under another id when its NATS was emptied, whichever of its writers hears of it first', async () => {
    const [a, b] = [holdOf('old'), holdOf('old')];
    await pass(1_000);
    b.claim('new');
    await pass(0);
    expect(() => b.requireHeld()).not.toThrow();
    expect(key.value).toMatch(/^new /);
    await pass(500);
    a.claim('new');
    await pass(3_000);
    expect([a.problem, b.problem]).toEqual([undefined, undefined]);
    expect(key.value).toMatch(/^new /);
  });

  it('may be anybody where no fleet was told of, and nobody before it was asked', async () => {
    const untold = new FleetHold(key.shard, 'a:fleet');
    expect(() => untold.requireHeld()).not.toThrow();
    const hold = holdOf('one');
    expect(() => hold.requireHeld()).toThrow('not known yet');
    await pass(0);
    expect(() => hold.requireHeld()).not.toThrow();
  });
});
