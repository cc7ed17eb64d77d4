import { MAX_PUBLISHER_DOUBT_MS } from '@hexfleet/partition-table';
import { type Ping, STATUSES } from '@hexfleet/ping';
import { decodePingBatch } from '@hexfleet/ping-batch';
import type { PublishResult } from '@hexfleet/ping-bus';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PingHints } from '../shedding/ping-hints.js';
import { Backlog } from './backlog.js';
import { PartitionOutbox } from './partition-outbox.js';
import { PingTally } from './ping-tally.js';
import { Submission } from './submission.js';

/** A doubt is not given up before the worst run of fates has ended: past that, nobody knows, and the books say unavailable. */
const SETTINGS = { flushPings: 4, publishTimeoutMs: 100, maxDoubtMs: 600_000, publisherIdleMs: 1_200_000 };
const HINTS = new PingHints(1, { afterMs: 4_000, minMoveM: 25 }, () => 0);

/** What the stream does with a publication, and what the publisher hears of it. */
const FATES = {
  stored: { isStored: true, result: { kind: 'stored' } },
  'stored, but the answer is lost': { isStored: true, result: { kind: 'unknown' } },
  lost: { isStored: false, result: { kind: 'unknown' } },
  full: { isStored: false, result: { kind: 'refused', reason: 'full', detail: '' } },
  refused: { isStored: false, result: { kind: 'refused', reason: 'other', detail: '' } },
} as const satisfies Record<string, { isStored: boolean; result: PublishResult }>;
type Fate = keyof typeof FATES;

/** An outbox before a stream that does as it is told, and everyone who waits for it. */
class World {
  nowMs = 1_000_000;
  readonly tally = new PingTally();
  readonly backlog = new Backlog(1_000_000);
  readonly publisher = {
    connected: true,
    publish: async (_: number, message: Buffer): Promise<PublishResult> => {
      const fate = this.fates.shift() ?? 'stored';
      if (FATES[fate].isStored) this.stream.push(decodePingBatch(message));
      return FATES[fate].result;
    },
  };
  readonly stream: ReturnType<typeof decodePingBatch>[] = [];
  readonly answers = new Map<string, string[]>();
  readonly outbox: PartitionOutbox;
  private seq = 0;
  private names = 0;

  constructor(
    private readonly fates: Fate[],
    settings = SETTINGS,
  ) {
    this.outbox = new PartitionOutbox(0, {
      settings,
      publisher: this.publisher,
      tally: this.tally,
      backlog: this.backlog,
      takeBack: () => {},
      nowMs: () => this.nowMs,
      newPublisherName: () => (++this.names).toString(16).padStart(16, '0'),
      observePublish: () => {},
    });
  }

  /** A ping as the intake would hand it on, and its answer noted; one that finds the outbox closed is `unavailable`. */
  send(driverId: string): void {
    const ping = pingOf(driverId, ++this.seq);
    this.tally.received++;
    if (!this.outbox.isOpen) {
      this.tally.unavailable++;
      return;
    }
    const name = `${driverId}/${ping.seq}`;
    this.answers.set(name, []);
    const submission = new Submission(1, HINTS, (settled) => {
      const { results, accepted } = settled.answer();
      this.answers.get(name)?.push(accepted === 1 ? 'accepted' : (results[0]?.outcome ?? '?'));
    });
    this.outbox.add(ping, submission, 0, this.nowMs);
  }

  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    this.outbox.tick(this.nowMs);
    await new Promise((resolve) => setImmediate(resolve));
    // The books balance at every moment.
    expect(this.unsettled).toBe(this.backlog.pings + this.outbox.pingsInDoubt);
  }

  /** Pings that were received and that no counter has yet. */
  get unsettled(): number {
    const { received, rejected, shed, coalesced, unavailable, accepted } = this.tally;
    const counts = [rejected, ...Object.values(shed)].flatMap((byLabel) => Object.values(byLabel));
    return counts.reduce((left, count) => left - count, received - coalesced - unavailable - accepted);
  }

  /** Names of the pings that the stream holds, each publication counted once as the writer does. */
  stored(): string[] {
    const totals = new Map<string, number>();
    return this.stream.flatMap(({ publisher, totalBefore, size, readPings }) => {
      if (totalBefore < (totals.get(publisher) ?? 0)) return [];
      totals.set(publisher, totalBefore + size);
      return readPings().map(({ driverId, record }) => `${driverId}/${record.readUInt32BE(22)}`);
    });
  }
}

function pingOf(driverId: string, seq: number): Ping {
  return {
    ...{ driverId, seq, latDeg: 37.7, lngDeg: -122.4, capturedAtMs: 1_000_000 + seq },
    ...{ headingDeg: undefined, speedMps: undefined, accuracyM: undefined, status: 'available', vehicleClass: 'car' },
  };
}

const STEP = fc.oneof(
  { weight: 5, arbitrary: fc.record({ send: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f') }) },
  { weight: 2, arbitrary: fc.record({ passMs: fc.constantFrom(1, 50, 300, 6_000) }) },
);

describe('a partition`s outbox, whatever the stream does', () => {
  it('answers each ping once, calls accepted only what is stored, and its books are those of the stream', async () => {
    const run = async (fates: Fate[], steps: ({ send: string } | { passMs: number })[]) => {
      const world = new World([...fates]);
      for (const step of steps) {
        if ('send' in step) world.send(step.send);
        else await world.pass(step.passMs);
      }
      for (let i = 0; i < 40; i++) await world.pass(6_000);
      const stored = world.stored();
      expect(world.unsettled).toBe(0);
      expect(world.backlog.pings).toBe(0);
      expect(world.tally.accepted).toBe(stored.length);
      expect(new Set(stored).size).toBe(stored.length);
      expect([...world.answers.values()].every((answers) => answers.length === 1)).toBe(true);
      const accepted = [...world.answers].filter(([, [answer]]) => answer === 'accepted').map(([name]) => name);
      expect(stored).toEqual(expect.arrayContaining(accepted));
    };
    const fates = fc.array(fc.constantFrom(...(Object.keys(FATES) as Fate[])), { maxLength: 30 });
    await fc.assert(fc.asyncProperty(fates, fc.array(STEP, { maxLength: 60 }), run), { numRuns: 100 });
  });

  it('keeps each driver`s order on the stream', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 80 }), async (steps) => {
        const world = new World(['stored, but the answer is lost', 'stored', 'lost']);
        for (const step of steps) {
          if ('send' in step) world.send(step.send);
          else await world.pass(step.passMs);
        }
        for (let i = 0; i < 10; i++) await world.pass(6_000);
        for (const driverId of 'abcdef') {
          const seqs = world.stored().flatMap((name) => (name.startsWith(driverId) ? [Number(name.slice(2))] : []));
          expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('sheds by status when the stream is full, and takes the same ping again afterwards', async () => {
    const world = new World(['full']);
    world.send('a');
    await world.pass(50);
    expect(world.answers.get('a/1')).toEqual(['shed']);
    expect(STATUSES.map((status) => world.tally.shed.overload[status])).toEqual([0, 0, 1, 0]);
    expect(world.outbox.isOpen).toBe(true);
  });

  it('gives a doubt up after its time, under another publisher`s name', async () => {
    const world = new World(new Array<Fate>(15).fill('lost'), { ...SETTINGS, maxDoubtMs: 60_000 });
    world.send('a');
    for (let i = 0; i < 14; i++) await world.pass(5_000);
    expect([world.outbox.isOpen, world.tally.unavailable]).toEqual([true, 1]);
    await world.pass(5_000);
    world.send('b');
    for (let i = 0; i < 14; i++) await world.pass(5_000);
    const [batch, ...more] = world.stream;
    expect([batch?.totalBefore, batch?.size, more]).toEqual([0, 1, []]);
    expect(batch?.publisher).not.toBe('0000000000000001');
  });

  it('does not grow older in doubt while NATS is away, and is still acknowledged after', async () => {
    const world = new World(['stored, but the answer is lost'], { ...SETTINGS, maxDoubtMs: 60_000 });
    world.send('a');
    await world.pass(50);
    world.publisher.connected = false;
    for (let i = 0; i < 25; i++) await world.pass(60_000);
    expect(world.outbox.pingsInDoubt).toBe(1);
    world.publisher.connected = true;
    await world.pass(50);
    expect([world.tally.accepted, world.tally.unavailable, world.stored()]).toEqual([1, 0, ['a/1']]);
  });

  it('gives a doubt up, though NATS is away, before writers may forget the name', async () => {
    const world = new World(['lost']);
    world.send('a');
    await world.pass(50);
    world.publisher.connected = false;
    await world.pass(MAX_PUBLISHER_DOUBT_MS + 1);
    expect([world.tally.unavailable, world.outbox.pingsInDoubt]).toEqual([1, 0]);
    world.publisher.connected = true;
    world.send('b');
    await world.pass(50);
    const [batch] = world.stream;
    expect(batch?.totalBefore).toBe(0);
    expect(batch?.publisher).not.toBe('0000000000000001');
  });
});
