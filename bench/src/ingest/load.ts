import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadOrder, LoadPlan, LoadTally } from './load-plan.js';

const PROGRAM = join(import.meta.dirname, 'load-process.js');

/** The service refused some of the load: then there is nothing to compare. */
export class NotTaken extends Error {
  constructor(tally: LoadTally) {
    super(
      `the service did not take what the load sent: ${JSON.stringify(tally)}. Where the machine is too slow, try --pace 0.25`,
    );
  }
}

/** A load's process, ready to send. */
export class Load {
  constructor(private readonly child: ChildProcess) {}

  /** @throws NotTaken when a ping was neither accepted nor coalesced; Error when the process ended. */
  async run(order: LoadOrder): Promise<LoadTally> {
    this.child.send(order);
    const tally = (await nextMessage(this.child)) as LoadTally;
    if (tally.other > 0) throw new NotTaken(tally);
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
