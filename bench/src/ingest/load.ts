import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadOrder, LoadPlan, LoadTally } from './load-plan.js';

/** An answer waits for a flush and an acknowledgement; what waits longer was queued, and came in at another pace. */
const MOST_LATE_MS = 2_000;
const PROGRAM = join(import.meta.dirname, 'load-process.js');

/** The service refused or left unanswered some of the load, or couldn't keep its pace: then there is nothing to compare. */
export class NotTaken extends Error {
  constructor(tally: LoadTally) {
    super(
      `the service did not take what the load sent at its pace: ${JSON.stringify(tally)}. Where the machine is too slow, try a smaller --pace`,
    );
  }
}

/** A load's process, ready to send. */
export class Load {
  constructor(private readonly child: ChildProcess) {}

  /** @throws NotTaken when a ping was neither accepted nor coalesced, or answers came late; Error when the process ended. */
  async run(order: LoadOrder): Promise<LoadTally> {
    const tally = await this.offer(order);
    if (tally.other > 0) throw new NotTaken(tally);
    return tally;
  }

  /** The same where some of the load may be shed. @throws NotTaken when answers came late. */
  async offer(order: LoadOrder): Promise<LoadTally> {
    this.child.send(order);
    const tally = (await nextMessage(this.child)) as LoadTally;
    if (tally.lateMs > MOST_LATE_MS) throw new NotTaken(tally);
    return tally;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}

export async function openLoad(plan: LoadPlan): Promise<Load> {
  const child = fork(PROGRAM, [JSON.stringify(plan)]);
  await nextMessage(child);
  return new Load(child);
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const message = once(child, 'message').then(([received]: unknown[]) => received);
  const end = once(child, 'exit').then(([status]) => {
    throw new Error(`the load's process ended with status ${status}`);
  });
  return Promise.race([message, end]);
}
