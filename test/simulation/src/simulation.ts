import { ownPartition } from '@hexfleet/partition-table';
import { beatMs } from '@hexfleet/writer-membership';
import type { Task } from './calls.js';
import { Dice } from './dice.js';
import { Fleet } from './fleet.js';
import { ReaderProcess } from './reader-process.js';
import { Rest } from './rest.js';
import { type Parts, type Sightings, SOUND, TTL_MS, Violation, World } from './world.js';
import { LEASE_MS, type WriterProcess } from './writer-process.js';

/** What a run is of: the real owner, and models of what it talks to. */
export interface Protocol {
  readonly own: typeof ownPartition;
  readonly parts: Parts;
  readonly Reader: typeof ReaderProcess;
}

export const PROTOCOL: Protocol = { own: ownPartition, parts: SOUND, Reader: ReaderProcess };

export interface RunOptions {
  readonly protocol?: Protocol;
  /** Ordinal numbers of happenings that are not to happen. */
  readonly leftOut?: ReadonlySet<number>;
  readonly maxSteps?: number;
  readonly isTraced?: boolean;
}

export interface RunResult {
  readonly seed: number;
  readonly violation: string | undefined;
  readonly trace: readonly string[];
  readonly sightings: Sightings;
  readonly steps: number;
  /** How many happenings there were, for what is to leave some out. */
  readonly happenings: number;
}

const MIN_STEPS = 250;
const MORE_STEPS = 350;
const READERS = 2;
/** Beyond the longest that two writers wait for one another. */
const LEASES_TO_REST = 34;
/** Of a hundred steps while all comes to rest: heartbeats have to be due once. */
const QUIET_MS = 1_000;

/** One run; the same seed and options give the same. */
export function simulate(seed: number, options: RunOptions = {}): RunResult {
  const simulation = new Simulation(seed, options);
  let violation: string | undefined;
  try {
    simulation.run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error.message;
  }
  return { seed, violation, ...simulation.result };
}

class Simulation {
  private readonly dice: Dice;
  private readonly world: World;
  private readonly trace: string[] = [];
  private readonly fleet: Fleet;
  private readonly Reader: typeof ReaderProcess;
  private readonly readers: Task[] = [];
  /** The newest answer that was given of each driver. */
  private readonly answered = new Map<string, Buffer>();
  private readonly legs: number[];
  private snapshots: (() => void)[] = [];
  private lastSeq = 0;
  private hasWipedNats = false;
  private step = 0;
  private readonly steps: number;

  constructor(seed: number, { protocol = PROTOCOL, leftOut, maxSteps, isTraced }: RunOptions) {
    this.dice = new Dice(seed, leftOut);
    this.world = new World(this.dice, protocol.parts, isTraced === true ? this.trace : undefined);
    this.fleet = new Fleet(this.world, protocol.own);
    this.Reader = protocol.Reader;
    this.legs = this.world.drivers.map(() => 0);
    this.steps = Math.min(maxSteps ?? Number.POSITIVE_INFINITY, MIN_STEPS + this.dice.int('shape', MORE_STEPS));
  }

  get result() {
    return { sightings: this.world.sightings, trace: this.trace, steps: this.step, happenings: this.dice.count };
  }

  run(): void {
    const { world, dice, fleet } = this;
    for (const partition of world.partitions.keys()) fleet.seize(partition, dice.pick('first owner', fleet.writers));
    for (; this.step < this.steps; this.step++) {
      if (dice.chance('clock', 0.12)) world.nowMs += 1_000;
      this.act();
      this.failProcesses();
      this.failStores();
    }
    this.comeToRest();
    const rest = new Rest(world, fleet, this.hasWipedNats);
    rest.check();
    this.fallSilent();
    rest.checkEmpty();
    this.checkOwnership();
  }

  private act(): void {
    const what = this.dice.int('act', 100);
    if (what < 58) this.stepOwner();
    else if (what < 64) this.stepWriter();
    else if (what < 72) this.ping();
    else if (what < 82) this.publish();
    else if (what < 97) this.read();
    else if (this.world.late.length > 0) this.world.arriveLate(this.dice.pick('late', this.world.late));
  }

  private failProcesses(): void {
    const { dice, fleet, world } = this;
    const { weather } = world;
    const owners = fleet.owners.filter(({ isDead }) => !isDead);
    const writers = fleet.writers.filter(({ isDead }) => !isDead);
    if (owners.length > 0 && dice.happens('owner dies', weather.ownerDeaths)) {
      const owner = dice.pick('which owner', owners);
      owner.isDead = true;
      world.note(() => `${owner.name} dies`);
    }
    if (writers.length > 1 && dice.happens('writer dies', weather.writerDeaths))
      dice.pick('which writer', writers).die();
    if (writers.length > 1 && dice.happens('writer stops', weather.writerStops)) {
      const writer = dice.pick('which writer', writers);
      writer.isDraining = true;
      world.see('a writer that hands over');
      world.note(() => `${writer.name} is told to stop`);
    }
    if (writers.length < 2 || dice.happens('writer joins', 0.002)) fleet.addWriter();
    if (dice.happens('stall', weather.stalls)) this.stall(owners, writers);
    if (dice.happens('take-over', weather.takeOvers)) {
      fleet.seize(dice.int('take-over of', world.partitions.length), dice.pick('taker', writers));
    }
    if (dice.happens('gateway dies', weather.gatewayDeaths))
      fleet.killGateway(dice.pick('which gateway', fleet.gateways));
    if (fleet.owners.length > 30) fleet.forgetTheDead();
  }

  /** One owner stands still, or a whole writer; mostly it is noticed, and another takes over. */
  private stall(owners: Fleet['owners'], writers: readonly WriterProcess[]): void {
    const { dice, fleet, world } = this;
    const untilStep = this.step + 10 + dice.int('stall how long', 120);
    const isWhole = dice.chance('stall of all', 0.3);
    const writer = dice.pick('stall of writer', writers);
    if (isWhole) writer.stalledUntilStep = untilStep;
    const stalled = isWhole
      ? [...writer.owners.values()]
      : owners.length > 0
        ? [dice.pick('stall of owner', owners)]
        : [];
    for (const owner of stalled) {
      owner.stalledUntilStep = untilStep;
      world.note(() => `${owner.name} stands still`);
      if (dice.chance('stall noticed', 0.7)) fleet.seize(owner.partition, dice.pick('taker', writers));
    }
  }

  private failStores(): void {
    const { dice, world } = this;
    const { weather } = world;
    if (dice.happens('partition wiped', weather.partitionWipes)) {
      const partition = dice.int('which', world.partitions.length);
      this.forget('a partition emptied', `p${partition}`, () => world.partitions[partition]?.wipe());
    }
    if (dice.happens('records evicted', weather.evictions)) {
      const partition = dice.int('evicted which', world.partitions.length);
      this.forget("a partition's records evicted", `p${partition}`, () => world.partitions[partition]?.evict());
    }
    if (dice.happens('directory wiped', weather.directoryWipes)) {
      const slot = dice.int('which slot', world.slots.length);
      this.forget('a directory slot emptied', `slot ${slot}`, () => world.slots[slot]?.wipe());
    }
    const stores = [...world.partitions, ...world.slots];
    if (dice.chance('snapshot', weather.rollbacks)) this.snapshots = stores.map((one) => one.snapshot());
    if (this.snapshots.length > 0 && dice.happens('rolled back', weather.rollbacks)) {
      // One shard of partitions, or the whole Redis.
      const one = dice.int('rolled back which', 2 * world.partitions.length);
      const isWhole = one >= world.partitions.length;
      this.forget(isWhole ? 'Redis rolled back' : 'a partition rolled back', isWhole ? 'all' : `p${one}`, () => {
        for (const restore of isWhole ? this.snapshots : [this.snapshots[one]]) restore?.();
      });
    }
    if (dice.happens('NATS wiped', weather.natsWipes)) this.wipeNats();
    if (dice.happens('time passes', weather.jumps)) {
      world.nowMs += 10_000 + dice.int('how long', TTL_MS + 10_000);
      world.note(() => 'time passes');
      for (const slot of world.slots) slot.sweep(world.nowMs);
    }
  }

  /** Some take-overs fall on either side of it, and some writers go with the machine. */
  private wipeNats(): void {
    const { world, dice, fleet } = this;
    const writers = fleet.writers.filter(({ isDead }) => !isDead);
    const partition = dice.int('wiped around', world.partitions.length);
    const isTakenTwice = dice.happens('taken on either side of the wipe', 0.3);
    if (isTakenTwice) fleet.seize(partition, dice.pick('taker', writers));
    world.note(() => 'NATS is wiped');
    world.see('NATS wiped');
    this.hasWipedNats = true;
    world.log.wipe();
    world.memory.wipe();
    if (isTakenTwice) fleet.seize(partition, dice.pick('taker', writers));
    if (writers.length > 1 && dice.happens('a writer goes with NATS', 0.4)) dice.pick('which writer', writers).die();
  }

  private forget(what: string, where: string, act: () => void): void {
    this.world.hasForgotten = true;
    this.world.connection++;
    this.world.note(() => `${what}: ${where}`);
    this.world.see(what);
    act();
  }

  private stepOwner(): void {
    const ready = this.fleet.owners.filter(({ isDead, stalledUntilStep }) => !isDead && stalledUntilStep <= this.step);
    if (ready.length > 0) this.dice.pick('owner', ready).step();
  }

  private stepWriter(): void {
    const ready = this.fleet.writers.filter(({ isDead, stalledUntilStep }) => !isDead && stalledUntilStep <= this.step);
    if (ready.length === 0) return;
    const writer = this.dice.pick('writer', ready);
    writer.look();
    this.fleet.tell(writer);
  }

  private ping(): void {
    const { world, dice, fleet } = this;
    const { weather } = world;
    const driver = dice.int('who', world.drivers.length);
    do {
      if (this.lastSeq >= weather.mostPings) return;
      this.drive(driver);
    } while (dice.chance('burst', weather.bursts));
    if (fleet.gateways.length < 2 && dice.chance('second gateway', 0.2)) fleet.addGateway();
  }

  /** On its way, sometimes across a border and back. */
  private drive(driver: number): void {
    const { world, dice } = this;
    const { weather } = world;
    if (dice.chance('hop', weather.hops)) this.legs[driver] = (this.legs[driver] as number) + 1;
    const route = [0, 1, 0, world.partitions.length - 1, 1, 0];
    const partition = route[(this.legs[driver] as number) % route.length] as number;
    world.nowMs += weather.isSlow ? 5_000 + dice.int('pause', 15_000) : dice.int('pause', 1_500);
    this.send(world.drivers[driver] as string, partition);
    if (!dice.happens('tie', weather.ties)) return;
    world.see('two pings of one moment');
    // Of some, nothing tells which is the newer.
    if (dice.chance('exact tie', 0.3)) this.lastSeq--;
    this.send(world.drivers[driver] as string, (partition + 1) % world.partitions.length);
  }

  private send(driverId: string, partition: number): void {
    const { world, dice, fleet } = this;
    const seq = ++this.lastSeq;
    const isSent = dice.happens('ping', 1);
    const gateway = dice.pick('through', fleet.gateways);
    const isAvailable = dice.chance('status', 0.7);
    if (!isSent) return;
    gateway.take(partition, driverId, world.nowMs, seq, isAvailable);
    world.note(() => `${driverId} pings in p${partition} #${seq}`);
  }

  private publish(): void {
    this.dice
      .pick('publisher', this.fleet.gateways)
      .publish(this.dice.int('publish which', this.world.partitions.length));
  }

  private read(): void {
    if (this.readers.length < READERS) this.readers.push(new this.Reader(this.world, this.answered).run());
    const i = this.dice.int('reader', this.readers.length);
    if (this.readers[i]?.next().done) this.readers.splice(i, 1);
  }

  /** Faults end, and all that is under way comes to its end. */
  private comeToRest(): void {
    const { world, fleet } = this;
    world.note(() => '— calm —');
    for (const request of [...world.late]) world.arriveLate(request);
    world.isCalm = true;
    for (const gateway of fleet.gateways) {
      while (!gateway.isIdle) for (const partition of world.partitions.keys()) gateway.publish(partition);
    }
    for (const process of [...fleet.owners, ...fleet.writers]) process.stalledUntilStep = 0;
    if (fleet.writers.every(({ isDraining, isDead }) => isDraining || isDead)) fleet.addWriter();
    this.settle(400, () => {
      // Writers would come to it in some leases; positions would be old by then.
      for (const partition of world.partitions.keys()) {
        if (fleet.owner(partition) === undefined) fleet.seize(partition, this.stayer());
      }
      world.nowMs += QUIET_MS;
    });
  }

  /** Nobody pings for three times the TTL, and writers have the time to come to terms. */
  private fallSilent(): void {
    const { world, fleet } = this;
    for (let leases = 0; leases < LEASES_TO_REST; leases++) {
      for (let beats = 0; beats < 6; beats++) {
        world.nowMs += 2 * beatMs({ leaseMs: LEASE_MS });
        for (const writer of fleet.writers) if (!writer.isDead) writer.look();
        for (const writer of fleet.writers) fleet.tell(writer);
      }
      fleet.forgetTheDead();
      this.settle(4, () => {});
    }
    for (const slot of world.slots) slot.sweep(world.nowMs);
    this.settle(150, () => {});
    for (const slot of world.slots) slot.sweep(world.nowMs);
  }

  private settle(stepsAPartition: number, between: () => void): void {
    const { world, fleet } = this;
    for (let i = 0; i < stepsAPartition * world.partitions.length; i++) {
      if (i % 100 === 0) between();
      const living = fleet.owners.filter(({ isDead }) => !isDead);
      if (living.length > 0) this.dice.pick('settle', living).step();
    }
    fleet.forgetTheDead();
  }

  private stayer(): WriterProcess {
    return this.dice.pick(
      'stayer',
      this.fleet.writers.filter(({ isDraining, isDead }) => !isDraining && !isDead),
    );
  }

  /** Each partition has one owner: at the writer that it falls to, by the word of all of them. */
  private checkOwnership(): void {
    const { world, fleet } = this;
    const writers = fleet.writers.filter(({ isDraining }) => !isDraining);
    for (const partition of world.partitions.keys()) {
      const due = writers.filter(({ duties }) => duties.isDue(partition));
      const owners = fleet.owners.filter((owner) => !owner.isDead && owner.partition === partition);
      const [owner] = owners;
      if (due.length !== 1 || owners.length !== 1 || owner?.writer !== due[0]?.name || !owner?.isRunning) {
        const names = (list: readonly { readonly name: string }[]) =>
          list.map(({ name }) => name).join(', ') || 'nobody';
        throw new Violation(`ownership: p${partition} falls to ${names(due)} and is owned by ${names(owners)}`);
      }
    }
  }
}
