import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from './chance.js';
import type { ChaosSettings } from './chaos-settings.js';
import type { FenceWatch, TakeOver } from './fence-watch.js';
import type { LagWatch } from './lag-watch.js';
import type { Lanes } from './lanes.js';
import type { ProcessRoll } from './process-roll.js';
import type { RedisLook } from './redis-look.js';
import type { ExtraWriter, Subject, WriterLabel } from './subject.js';

/** What faults are done with. */
export interface Scene {
  readonly subject: Subject;
  readonly redis: RedisLook;
  readonly fence: FenceWatch;
  readonly lag: LagWatch;
  readonly lanes: Lanes;
  readonly roll: ProcessRoll;
  readonly chance: Chance;
  readonly settings: ChaosSettings;
  /** Waits until all that was accepted is in the partitions' books: with the load paused. */
  readonly allTaken: () => Promise<void>;
}

/** What a fault did, in words, and which partitions it took from their owner. */
export interface FaultDone {
  readonly what: string;
  readonly takeOver?: TakeOver;
  /** When it struck, where that was later than its beginning. */
  readonly struckAtMs?: number;
  /** Of a stalled writer: what was visible was late for so long before it came back, and when it did. */
  readonly stall?: { readonly lagMs: number; readonly endedAtMs: number };
  /** The gateway's side of the books is gone. */
  readonly isGatewayDead?: boolean;
}

type Fault = (scene: Scene) => Promise<FaultDone>;

const SHORTLY_MS = [300, 2_500] as const;
const JOINED_FOR_MS = [500, 3_000] as const;

/** Every fault by its kind. Each ends with all processes running again, though maybe not recovered. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'writer killed': async (scene) => killWriter(scene),
  'writer handed over': async (scene) => {
    const label = scene.chance.oneOf(scene.subject.writers);
    const takeOver = await expectTakeOver(scene, label);
    scene.roll.end(label, 'SIGTERM');
    return { what: label, takeOver };
  },
  'writer stalled': async (scene) => stallWriter(scene),
  'writer joined and left': async (scene) => joinAndLeave(scene),
  'gateway killed': async ({ roll }) => {
    roll.end('gateway', 'SIGKILL');
    return { what: 'gateway', isGatewayDead: true };
  },
  'NATS killed': async ({ subject, chance }) => {
    await subject.servers.killNats();
    const awayMs = await shortly(chance);
    await subject.servers.startNatsAgain();
    return { what: `away for ${awayMs} ms` };
  },
  'NATS wiped': async ({ subject, lanes, allTaken }) => {
    // What is accepted and unread goes with NATS's disk, which no promise covers: there is none of it.
    await lanes.pause();
    await allTaken();
    await subject.servers.killNats();
    subject.servers.wipeNats();
    await subject.servers.startNatsAgain();
    await subject.recovered();
    await subject.shedNothing();
    const struckAtMs = Date.now();
    lanes.resume();
    return { what: 'with the load paused', struckAtMs };
  },
  'Redis killed': async (scene) => {
    const awayMs = await withoutRedis(scene, () => shortly(scene.chance));
    return { what: `away for ${awayMs} ms` };
  },
  'Redis emptied': async (scene) => {
    scene.fence.suspend();
    await scene.redis.empty();
    return { what: 'functions, too' };
  },
  'Redis put back': async (scene) => {
    const backMs = await keepCopy(scene);
    const struckAtMs = Date.now();
    await withoutRedis(scene, async () => scene.subject.servers.restoreRedis());
    return { what: `by ${backMs} ms`, struckAtMs };
  },
  'Redis emptied as a writer died': async (scene) => {
    scene.fence.suspend();
    const { what } = await killWriter(scene);
    await scene.redis.empty();
    return { what };
  },
  'Redis put back as a writer died': async (scene) => {
    const backMs = await keepCopy(scene);
    const label = scene.chance.oneOf(scene.subject.writers);
    const struckAtMs = Date.now();
    await withoutRedis(scene, async () => {
      scene.roll.end(label, 'SIGKILL');
      scene.subject.servers.restoreRedis();
    });
    return { what: `${label}, by ${backMs} ms`, struckAtMs };
  },
  'Redis emptied as a writer stalled': async (scene) => {
    const { takeOver: _, ...done } = await stallWriter(scene, async () => {
      scene.fence.suspend();
      await scene.redis.empty();
    });
    return done;
  },
};

/** In the short form: one of each that differs, the long waits left out. */
export const SHORT_KINDS: readonly string[] = [
  'writer killed',
  'writer stalled',
  'writer handed over',
  'gateway killed',
  'NATS killed',
  'Redis killed',
  'Redis emptied as a writer died',
  'Redis put back',
];

async function expectTakeOver({ subject, redis, fence }: Scene, label: WriterLabel): Promise<TakeOver> {
  const owned = await subject.owned(label);
  // Where nobody drives there is nothing to write, and so nothing to time.
  const { drivers } = await redis.fleet();
  const driven = new Set([...drivers.values()].flat().map(({ partition }) => partition));
  return fence.expectTakeOver(owned.filter((partition) => driven.has(partition)));
}

async function killWriter(scene: Scene): Promise<FaultDone> {
  const label = scene.chance.oneOf(scene.subject.writers);
  const takeOver = await expectTakeOver(scene, label);
  scene.roll.end(label, 'SIGKILL');
  return { what: label, takeOver };
}

async function stallWriter(scene: Scene, meanwhile: () => Promise<void> = async () => {}): Promise<FaultDone> {
  const { chance, subject, settings, lag } = scene;
  const label = chance.oneOf(subject.writers);
  const takeOver = await expectTakeOver(scene, label);
  const pid = subject.pidOf(label);
  process.kill(pid, 'SIGSTOP');
  const struckAtMs = Date.now();
  let lagMs = 0;
  try {
    await sleep(settings.stallMs * 0.6);
    await meanwhile();
    await sleep(settings.stallMs * 0.4);
    lagMs = lag.caughtUpMs(struckAtMs);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const stall = { lagMs, endedAtMs: Date.now() };
  return { what: `${label} for ${settings.stallMs} ms`, takeOver, struckAtMs, stall };
}

async function joinAndLeave({ subject, chance }: Scene): Promise<FaultDone> {
  const signal = chance.oneOf(['SIGTERM', 'SIGKILL'] as const);
  const extra: ExtraWriter = subject.addWriter();
  try {
    await subject.recovered(extra);
    await sleep(chance.between(...JOINED_FOR_MS));
  } finally {
    await extra.leave(signal);
  }
  return { what: `${extra.name}, by ${signal}` };
}

async function withoutRedis<T>({ subject, fence }: Scene, meanwhile: () => Promise<T>): Promise<T> {
  fence.suspend();
  await subject.servers.killRedis();
  const result = await meanwhile();
  await subject.servers.startRedisAgain();
  return result;
}

/** Keeps a copy, and lets time pass: more than the stream keeps, some times. */
async function keepCopy({ subject, chance, settings }: Scene): Promise<number> {
  subject.servers.copyRedis();
  const backMs = Math.round(chance.between(1_500, settings.isLong ? 3 * settings.ttlMs : 4_000));
  await sleep(backMs);
  return backMs;
}

async function shortly(chance: Chance): Promise<number> {
  const ms = Math.round(chance.between(...SHORTLY_MS));
  await sleep(ms);
  return ms;
}
