import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BookKeeping } from './book-keeping.js';
import { Chance } from './chance.js';
import { type ChaosReport, type FaultReport, takeOverTimes, violationCounts } from './chaos-report.js';
import type { ChaosSettings } from './chaos-settings.js';
import { Checkpoint, type CheckpointReport } from './checkpoint.js';
import { FAULTS, type FaultDone, type Scene, SHORT_KINDS } from './faults.js';
import { FenceWatch } from './fence-watch.js';
import { LATE_MS, LagWatch } from './lag-watch.js';
import { Lanes } from './lanes.js';
import { Ledger } from './ledger.js';
import { ProcessRoll } from './process-roll.js';
import { RedisLook } from './redis-look.js';
import { Rest } from './rest.js';
import { SightWatch } from './sight-watch.js';
import type { Subject } from './subject.js';
import { Violations } from './violations.js';

const LAG_BOUND_MS = 60_000;
/** Each driver pings more often than that, on a busy machine too. */
const HEARD_MS = 5_000;
const MOST_OF = 0.7;
const BETWEEN_FAULTS_MS = [500, 3_000] as const;
/** After so many faults the load pauses. */
const FAULTS_A_CHECKPOINT = [1, 3] as const;

/** One run against one Hexfleet: load all the while, fault after fault, and looks at whether everything holds. */
export class ChaosRun {
  readonly violations: Violations;
  readonly #startedAtMs = Date.now();
  readonly #faults: FaultReport[] = [];
  readonly #checkpoints: CheckpointReport[] = [];
  readonly #redis: RedisLook;
  readonly #ledger = new Ledger();
  readonly #lanes: Lanes;
  readonly #chance: Chance;
  readonly #fence: FenceWatch;
  readonly #lag: LagWatch;
  readonly #sight: SightWatch;
  readonly #books: BookKeeping;
  readonly #checkpoint: Checkpoint;
  readonly #roll: ProcessRoll;

  constructor(
    private readonly subject: Subject,
    private readonly settings: ChaosSettings,
    /** Says what happens, a line at a time. */
    private readonly say: (line: string) => void,
    private readonly isToStop: () => boolean,
  ) {
    const { view, servers } = subject;
    this.violations = new Violations(this.#startedAtMs);
    this.#redis = new RedisLook(servers.redis.url);
    this.#chance = new Chance(settings.seed);
    this.#lanes = new Lanes(subject, this.#ledger, settings, this.violations);
    this.#fence = new FenceWatch(this.#redis, this.violations);
    this.#lag = new LagWatch(this.#redis, this.#ledger);
    const sightChance = new Chance(settings.seed + 1);
    this.#sight = new SightWatch(view, this.#ledger, sightChance, settings.ttlMs, this.violations);
    this.#books = new BookKeeping(view, this.#redis, this.#ledger, this.violations);
    this.#checkpoint = new Checkpoint(view, this.#redis, this.#ledger, settings.ttlMs, this.violations);
    this.#roll = new ProcessRoll(subject.hexfleet, this.violations);
  }

  /** @throws only for what keeps it from going on; then, too, `report` tells what was seen. */
  async run(): Promise<void> {
    await this.#books.balance();
    this.#lanes.resume();
    await sleep(2_000);
    this.#roll.call();
    let untilCheckpoint = 0;
    for (const kind of this.#kinds()) {
      if (this.isToStop() || Date.now() - this.#startedAtMs > this.settings.faultsForMs) break;
      if (untilCheckpoint-- <= 0) {
        await this.#pauseAndLook();
        untilCheckpoint = Math.round(this.#chance.between(...FAULTS_A_CHECKPOINT)) - 1;
      }
      await sleep(this.#chance.between(...BETWEEN_FAULTS_MS));
      await this.#fault(kind);
    }
    await this.#pauseAndLook();
  }

  /** I5 for everybody: nobody pings any more. */
  async rest(): Promise<object> {
    await this.#lanes.pause();
    const rest = new Rest(this.subject.view, this.#redis, this.settings.ttlMs, this.violations);
    return rest.look(this.isToStop);
  }

  async close(): Promise<void> {
    await this.#lanes.close();
    await Promise.all([this.#fence.stop(), this.#lag.stop(), this.#sight.stop()]);
    this.#redis.close();
  }

  report(rest: object): ChaosReport {
    return {
      seed: this.settings.seed,
      seconds: Math.round((Date.now() - this.#startedAtMs) / 1_000),
      writers: this.settings.writers,
      trace: this.#lanes.hasTrace,
      pings: this.#ledger.counts,
      faults: this.#faults,
      checkpoints: this.#checkpoints,
      looks: {
        headers: this.#fence.looks,
        answers: this.#sight.looks,
        moves: this.#sight.moves,
        poison: this.#lanes.poison.sent,
      },
      longestAnswerMs: this.#lanes.longestAnswerMs,
      rest,
      books: { lost: this.#books.lost, doubled: this.#books.doubled },
      violations: violationCounts(this.violations),
    };
  }

  /** For whoever looks for the cause: what was done, what was wrong, and what Redis and the apps say. */
  async keepEvidence(folder: string): Promise<string> {
    const file = join(folder, 'violations.json');
    const [fleet, directory] = await Promise.all([
      this.#redis.fleet().catch(String),
      this.#redis.directory().catch(String),
    ]);
    const partitions = typeof fleet === 'string' ? fleet : fleet.partitions;
    const drivers = typeof fleet === 'string' ? fleet : Object.fromEntries(fleet.drivers);
    const entries = typeof directory === 'string' ? directory : Object.fromEntries(directory.entries);
    const { seed } = this.settings;
    const document = { seed, faults: this.#faults, violations: this.violations.kept, partitions, drivers, entries };
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
    writeFileSync(join(folder, 'hexfleet.log'), this.subject.hexfleet.log);
    return file;
  }

  *#kinds(): Generator<string> {
    const all = this.settings.isLong ? Object.keys(FAULTS) : SHORT_KINDS;
    while (true) {
      yield* this.#chance.shuffled(all);
      if (!this.settings.isLong) return;
    }
  }

  async #fault(kind: string): Promise<void> {
    const inject = FAULTS[kind] as (scene: Scene) => Promise<FaultDone>;
    const beganMs = Date.now();
    this.#roll.expectNoDeath(`before: ${kind}`);
    const driving = this.#ledger.fresh(beganMs, HEARD_MS).length;
    const done = await inject(this.#scene());
    if (done.isGatewayDead) this.#books.gatewayDied();
    await this.subject.recovered();
    const recoveredMs = Date.now() - (done.struckAtMs ?? beganMs);
    await this.#caughtUp(kind, driving);
    this.#fence.resume();
    this.#roll.expectNoDeath(`during: ${kind}`);
    this.#report(kind, done, done.struckAtMs ?? beganMs, recoveredMs);
  }

  #report(kind: string, { what, stall, takeOver }: FaultDone, struckAtMs: number, recoveredMs: number): void {
    const report: FaultReport = {
      kind,
      what,
      atMs: struckAtMs - this.#startedAtMs,
      recoveredMs,
      lagMs: stall?.lagMs ?? this.#lag.caughtUpMs(struckAtMs),
      ...(stall !== undefined && { backLagMs: this.#lag.caughtUpMs(stall.endedAtMs) }),
      ...(takeOver !== undefined && takeOverTimes(takeOver)),
    };
    this.#faults.push(report);
    this.say(`${(report.atMs / 1_000).toFixed(1).padStart(7)} s  ${kind}: ${what}; recovered in ${recoveredMs} ms`);
  }

  /** Until pings of most drivers are accepted again, and what is visible keeps up. */
  async #caughtUp(kind: string, driving: number): Promise<void> {
    const untilMs = Date.now() + LAG_BOUND_MS;
    const heard = () => this.#ledger.fresh(Date.now(), HEARD_MS).length;
    const isLate = () => this.#lag.lagMs > LATE_MS || Date.now() - this.#lag.lateAtMs < LATE_MS;
    while (heard() < MOST_OF * driving || isLate()) {
      if (Date.now() > untilMs) {
        const what = `${heard()} of ${driving} drivers are heard, and Redis is ${this.#lag.lagMs} ms behind`;
        this.violations.add('recovery', `after "${kind}" ${what}`);
        return;
      }
      await sleep(50);
    }
  }

  async #pauseAndLook(): Promise<void> {
    await this.#lanes.pause();
    const report = await this.#checkpoint.look(Date.now());
    this.#checkpoints.push(report);
    await this.#books.balance();
    this.#roll.expectNoDeath('at a checkpoint');
    this.say(
      `           ${report.drivers} drivers in place after ${report.convergedMs} ms, ${report.gone} gone without a trace`,
    );
    this.#lanes.changeShift();
    this.#lanes.resume();
  }

  #scene(): Scene {
    return {
      subject: this.subject,
      redis: this.#redis,
      fence: this.#fence,
      lag: this.#lag,
      lanes: this.#lanes,
      roll: this.#roll,
      chance: this.#chance,
      settings: this.settings,
      allTaken: () => this.#books.balance(),
    };
  }
}
