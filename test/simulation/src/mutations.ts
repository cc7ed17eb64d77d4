import { DirectorySlot } from './directory-slot.js';
import { PartitionKeys } from './partition-keys.js';
import { ReaderProcess } from './reader-process.js';
import { PROTOCOL, type Protocol } from './simulation.js';
import { changedOwner, type SourceChange } from './source-mutation.js';
import { TTL_MS } from './world.js';

/** A way to break the protocol, which the simulation has to notice. */
interface Breakage {
  readonly name: string;
  readonly what: string;
  readonly apply: (protocol: Protocol) => Protocol | Promise<Protocol>;
}

const keys = (name: string, what: string, Keys: typeof PartitionKeys): Breakage => ({
  ...{ name, what },
  apply: (protocol) => ({ ...protocol, parts: { ...protocol.parts, Keys } }),
});
const slot = (name: string, what: string, Slot: typeof DirectorySlot): Breakage => ({
  ...{ name, what },
  apply: (protocol) => ({ ...protocol, parts: { ...protocol.parts, Slot } }),
});
const reader = (name: string, what: string, Reader: typeof ReaderProcess): Breakage => ({
  ...{ name, what },
  apply: (protocol) => ({ ...protocol, Reader }),
});
const owner = (name: string, what: string, file: string, from: string, to: string): Breakage => ({
  ...{ name, what },
  apply: async (protocol) => ({ ...protocol, own: await changedOwner({ file, from, to } satisfies SourceChange) }),
});

/** What Redis does, broken. */
const FENCE: readonly Breakage[] = [
  keys(
    'fence-ignored',
    'a write under an old name reaches the keys that count',
    class extends PartitionKeys {
      protected override of(incarnation: Parameters<PartitionKeys['claim']>[0]) {
        return super.of(this.inc ?? incarnation);
      }
      protected override isCurrent(): boolean {
        return this.inc !== undefined;
      }
    },
  ),
  keys(
    'write-number-not-compared',
    'a write counts whatever number the one before it had',
    class extends PartitionKeys {
      protected override isExpected(before: Parameters<PartitionKeys['isExpected']>[0]): boolean {
        return before !== undefined;
      }
    },
  ),
  {
    name: 'epochs-not-random',
    what: 'two owners who know of the same last epoch take the same next one',
    apply: (protocol) => ({ ...protocol, parts: { ...protocol.parts, areEpochsRandom: false } }),
  },
  keys(
    'older-epoch-claims',
    'a former owner may claim',
    class extends PartitionKeys {
      protected override isFenced(): boolean {
        return false;
      }
    },
  ),
  keys(
    'drivers-not-counted',
    'a write counts though drivers were lost from under it',
    class extends PartitionKeys {
      protected override areAllThere(): boolean {
        return true;
      }
    },
  ),
  keys(
    'count-ignored',
    'a header is trusted though writes went onto one that was rolled back',
    class extends PartitionKeys {
      protected override isTrusted(): boolean {
        return true;
      }
    },
  ),
  keys(
    'claim-plants-nothing',
    'a claim of an emptied partition leaves no name',
    class extends PartitionKeys {
      override claim(...args: Parameters<PartitionKeys['claim']>) {
        if (this.inc === undefined) return { kind: 'empty' } as const;
        return super.claim(...args);
      }
    },
  ),
  keys(
    'claim-resets-number',
    'a claim makes the number of the last write 0',
    class extends PartitionKeys {
      override claim(...args: Parameters<PartitionKeys['claim']>) {
        const reply = super.claim(...args);
        const { header } = this.of(args[0]);
        if (reply.kind === 'built' && header !== undefined) {
          header.n = 0;
          header.count = 0;
        }
        return reply;
      }
    },
  ),
  keys(
    'whole-table-deletes-nothing',
    'a whole table is written over what was there',
    class extends PartitionKeys {
      override build(adopt: Parameters<PartitionKeys['build']>[0]): void {
        const before = [...this.visible].map(([driverId, record]) => ({ driverId, record }));
        super.build({ ...adopt, sets: [...before, ...adopt.sets] });
      }
    },
  ),
];

/** What the directory does, broken. */
const DIRECTORY: readonly Breakage[] = [
  slot(
    'clear-without-token',
    'a clear that was held up takes a newer to-do off',
    class extends DirectorySlot {
      protected override isSameTodo(): boolean {
        return true;
      }
    },
  ),
  slot(
    'stale-holder-not-told',
    'who holds a driver that is elsewhere gets no to-do',
    class extends DirectorySlot {
      protected override tellStaleHolder(): void {}
    },
  ),
  slot(
    'returners-to-do-kept',
    'a driver that comes back is still to be cleared from there',
    class extends DirectorySlot {
      protected override dropReturnersTodo(): void {}
    },
  ),
  slot(
    'no-forced-tie',
    'an exact tie is never decided for who asks second',
    class extends DirectorySlot {
      override enter(...[partition, requests, nowMs, born]: Parameters<DirectorySlot['enter']>) {
        const unforced = requests.map((request) => ({ ...request, force: false }));
        return super.enter(partition, unforced, nowMs, born);
      }
    },
  ),
  {
    name: 'entry-lives-one-ttl',
    what: 'the directory forgets a driver as soon as its position is old',
    apply: (protocol) => ({ ...protocol, parts: { ...protocol.parts, entriesKeptMs: TTL_MS } }),
  },
];

/** The real owner, with a line of it changed. */
const OWNER: readonly Breakage[] = [
  owner(
    'clear-before-write',
    'a to-do is cleared before the write that removes the driver',
    'owner.js',
    'if (batches.length === 0 && cleared.length === 0) return;',
    "if (batches.length === 0 && cleared.length === 0) return; if (cleared.length > 0) yield* ask({ kind: 'clear', todos: cleared });",
  ),
  owner(
    'unfenced-clear',
    'a to-do of a driver that is not held is cleared without a write',
    'owner.js',
    'if (batches.length === 0 && cleared.length === 0) return;',
    "if (batches.length === 0 && removals.length === 0) { if (cleared.length > 0) yield* ask({ kind: 'clear', todos: cleared }); return; }",
  ),
  owner(
    'not-introduced-after-take-over',
    'what is read back counts as known to the directory',
    'owner.js',
    'this.table.set(driverId, record, NEVER_MS)',
    'this.table.set(driverId, record, recordCapturedAtMs(record))',
  ),
  owner(
    'not-introduced-after-refill',
    'after the whole table was written anew, the directory is not told of it',
    'owner.js',
    'this.table.noteAllIndexed();\n        this.table.forgetConfirmations();',
    'this.table.noteAllIndexed();',
  ),
  owner('births-ignored', 'that the directory forgot changes nothing', 'owner.js', 'if (!forgot) return;', 'return;'),
  owner(
    'never-renewed',
    'the directory is told of a driver once',
    'owner.js',
    'capturedAtMs - table.confirmedAtMs(row) > CONFIRMED_FOR_TTLS * this.settings.ttlMs',
    'false',
  ),
  owner(
    'removed-unseen',
    'a driver is let go of before its newer record can be seen',
    'owner.js',
    'if (others.some((other)=>this.isNewerElsewhere(other.partition, this.table.compareOrder(other.record, row)))) {',
    'if (others !== undefined) {',
  ),
  owner(
    'not-replayed',
    'an emptied partition is not read again from the stream',
    'owner.js',
    'again: true',
    'again: false',
  ),
  owner(
    'stale-written',
    'a ping is written though the driver is elsewhere',
    'owner.js',
    'if (reply?.ok) {',
    'if (reply) {',
  ),
  owner(
    'tie-not-broken',
    'who comes second with the newer of two of one moment gives way',
    'owner.js',
    'if (tied.length === 0) return;',
    'return;',
  ),
  owner(
    'tie-keeps-both',
    'of two exactly alike none gives way',
    'owner.js',
    'partition > this.settings.partition',
    'false',
  ),
  owner(
    'nothing-expires',
    'silent drivers are kept',
    'owner.js',
    'const removals = this.table.silent(nowMs, this.settings.ttlMs);',
    'const removals = [];',
  ),
  owner(
    'no-heartbeat',
    'a quiet owner never finds out that its partition was emptied',
    'owner.js',
    'nowMs - this.wroteAtMs >= this.settings.heartbeatMs',
    'false',
  ),
  owner(
    'lost-ping-remembered',
    'the directory goes on telling of a ping that was lost before it was written',
    'owner.js',
    'if (corrections.length === 0) return;',
    'return;',
  ),
  owner('to-dos-ignored', 'nobody is let go of', 'owner.js', 'input.todos.length > 0', 'false'),
  owner(
    'other-base-ignored',
    'a write on another base is left as it is',
    'owner.js',
    "if (outcome === 'diverged') yield* this.writeWholeTable(nowMs);",
    '',
  ),
  owner(
    'doubt-not-settled',
    'a write in doubt is repeated under the same name',
    'fenced-keys.js',
    "if (reply === 'ok' || reply === 'diverged') return reply;",
    "if (reply === 'ok' || reply === 'diverged') return reply; if (reply === 'doubt') continue;",
  ),
  owner(
    'name-not-compared',
    'a doubt is settled by the number alone',
    'fenced-keys.js',
    "return claim.kind === 'built' && claim.before.epoch === epoch && claim.before.k === k;",
    "return claim.kind === 'built';",
  ),
  owner(
    'k-not-raised',
    'later claims are all of one name',
    'fenced-keys.js',
    'this.lastK++;',
    'this.lastK = Math.min(this.lastK + 1, 2);',
  ),
  owner(
    'older-than-table-written',
    'a ping is written though a newer one is held',
    'fold.js',
    'else if (row !== NO_ROW) order = table.compareOrder(record, row);',
    '',
  ),
  owner(
    'repeated-batch-counted',
    'a batch published twice counts twice',
    'fold.js',
    'mark !== undefined && total <= mark.total',
    'false',
  ),
  owner(
    'gap-not-counted',
    'pings that the stream dropped unread are in no count',
    'fold.js',
    'fold.tally.expired += batch.totalBefore - (mark?.total ?? 0);',
    '',
  ),
];

/** How a driver is looked for by its id, broken. */
const READER: readonly Breakage[] = [
  reader(
    'reads-home-only',
    'partitions not yet cleared are not asked',
    class extends ReaderProcess {
      protected override order(homes: readonly number[]): readonly number[] {
        return homes.slice(-1);
      }
    },
  ),
  reader(
    'reads-home-first',
    'the home is asked before the partitions not yet cleared',
    class extends ReaderProcess {
      protected override order(homes: readonly number[]): readonly number[] {
        return [...homes].reverse();
      }
    },
  ),
  reader(
    'looks-once',
    'an entry that changed meanwhile is not looked up again',
    class extends ReaderProcess {
      protected override isSettled(): boolean {
        return true;
      }
    },
  ),
];

/** What only a rare run shows, and a seed from which on it does soon. */
const RARE: Readonly<Record<string, number>> = {
  'clear-without-token': 5_700,
  'unfenced-clear': 5_100,
  'name-not-compared': 3_600,
  'lost-ping-remembered': 20_400,
  'not-introduced-after-refill': 25_800,
  'reads-home-first': 16_100,
};

/** `from`: the first seed to try it with. */
export type Mutation = Breakage & { readonly from: number };

export const MUTATIONS: readonly Mutation[] = [...FENCE, ...DIRECTORY, ...OWNER, ...READER].map((mutation) => ({
  ...mutation,
  from: RARE[mutation.name] ?? 1,
}));

/** @throws Error when there is no mutation of that name, or when it no longer fits the code. */
export async function protocolOf(mutation: string | undefined): Promise<Protocol> {
  if (mutation === undefined) return PROTOCOL;
  const found = MUTATIONS.find(({ name }) => name === mutation);
  if (found === undefined) throw new Error(`there is no mutation "${mutation}"`);
  return found.apply(PROTOCOL);
}
