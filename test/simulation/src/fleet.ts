import { compareOrder } from '@hexfleet/driver-record';
import { nextEpoch, type ownPartition } from '@hexfleet/partition-table';
import { GatewayProcess } from './gateway-process.js';
import { OwnerProcess } from './owner-process.js';
import type { World } from './world.js';
import { WriterProcess } from './writer-process.js';

const MAX_WRITERS = 4;

/** All processes of a run: writers with their owners, owners that nobody waits for any more, gateways; and what they did. */
export class Fleet {
  writers: WriterProcess[] = [];
  gateways: GatewayProcess[] = [];
  owners: OwnerProcess[] = [];
  /** The newest ping of each driver that the stream has acknowledged. */
  readonly accepted = new Map<string, Buffer>();
  private writersMade = 0;
  private gatewaysMade = 0;

  constructor(
    private readonly world: World,
    private readonly own: typeof ownPartition,
  ) {
    for (let writer = 0; writer < 2; writer++) this.addWriter();
    this.addGateway();
  }

  addWriter(): void {
    const living = this.writers.filter(({ isDead }) => !isDead);
    if (living.filter(({ isDraining }) => !isDraining).length >= MAX_WRITERS) return;
    const writer = new WriterProcess(this.world, `w${++this.writersMade}`, (partition, taker) =>
      this.takeOver(partition, taker),
    );
    this.world.note(() => `${writer.name} joins`);
    this.writers = [...living, writer];
  }

  addGateway(): void {
    const accept = ({ driverId, record }: { driverId: string; record: Buffer }) => {
      const known = this.accepted.get(driverId);
      if (known === undefined || compareOrder(record, known) > 0) this.accepted.set(driverId, Buffer.from(record));
    };
    this.gateways.push(new GatewayProcess(this.world, `g${++this.gatewaysMade}`, accept));
  }

  killGateway(gateway: GatewayProcess): void {
    this.world.note(() => `gateway ${gateway.name} dies`);
    this.world.see('a gateway dead');
    this.gateways = this.gateways.filter((one) => one !== gateway);
    this.addGateway();
  }

  /** By compare-and-set, under an epoch above all that NATS and Redis know of. */
  takeOver(partition: number, writer: WriterProcess): OwnerProcess {
    const { world } = this;
    const epoch = nextEpoch(
      world.memory.epochs.get(partition) ?? 0,
      world.partitions[partition]?.epoch ?? 0,
      world.nowMs,
      world.parts.areEpochsRandom ? world.dice.int('epoch', 1_024) / 1_024 : 0,
    );
    world.memory.epochs.set(partition, epoch);
    const owner = new OwnerProcess(world, this.own, writer.name, partition, epoch);
    world.note(() => `${owner.name} takes over`);
    this.owners.push(owner);
    return owner;
  }

  /** Somebody takes a partition though it may not be his turn. */
  seize(partition: number, writer: WriterProcess): void {
    const owner = this.takeOver(partition, writer);
    const before = writer.owners.get(partition);
    if (before !== undefined) before.isDead = true;
    writer.owners.set(partition, owner);
  }

  /** The living owner that took a partition last, if it wasn't another that died. */
  owner(partition: number): OwnerProcess | undefined {
    const { memory, partitions } = this.world;
    const epoch = Math.max(memory.epochs.get(partition) ?? 0, partitions[partition]?.epoch ?? 0);
    return this.owners.find((one) => !one.isDead && one.partition === partition && one.epoch === epoch);
  }

  /** Writers tell one another that they live. */
  tell(teller: WriterProcess): void {
    const { world } = this;
    const beat = teller.beat();
    for (const listener of this.writers) {
      if (listener === teller || listener.isDead) continue;
      if (!world.isCalm && world.dice.chance('beat lost', world.weather.lostBeats)) {
        // Some of them come late.
        if (world.dice.chance('beat late', 0.3)) {
          world.late.push({
            what: () => `a beat of ${teller.name} for ${listener.name}`,
            act: () => listener.hear(beat),
            about: [],
          });
        }
        continue;
      }
      listener.hear(beat);
    }
  }

  forgetTheDead(): void {
    this.owners = this.owners.filter(({ isDead }) => !isDead);
    this.writers = this.writers.filter(({ isDead }) => !isDead);
  }
}
