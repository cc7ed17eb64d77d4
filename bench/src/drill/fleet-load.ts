import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FleetOrder, FleetPlan, FleetReport } from './fleet-plan.js';

const PROGRAM = join(import.meta.dirname, 'fleet-process.js');

/** A fleet's process, ready to send. */
export class FleetLoad {
  private constructor(private readonly child: ChildProcess) {}

  static async open(plan: FleetPlan): Promise<FleetLoad> {
    const child = fork(PROGRAM, [JSON.stringify(plan)]);
    await nextMessage(child);
    return new FleetLoad(child);
  }

  /** From now on these groups ping, and no others. */
  offer(...groups: string[]): void {
    this.#order({ kind: 'offer', groups });
  }

  /** The bounds by which it tells whose ping is urgent; the defaults at first. */
  setBounds(maxSilenceMs: (FleetOrder & { kind: 'bounds' })['maxSilenceMs']): void {
    this.#order({ kind: 'bounds', maxSilenceMs });
  }

  /** Of what was settled since the last report. */
  async report(): Promise<FleetReport> {
    this.#order({ kind: 'report' });
    return (await nextMessage(this.child)) as FleetReport;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  #order(order: FleetOrder): void {
    this.child.send(order);
  }
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const message = once(child, 'message').then(([received]: unknown[]) => received);
  const end = once(child, 'exit').then(([status]) => {
    throw new Error(`the fleet's process ended with status ${status}`);
  });
  return Promise.race([message, end]);
}
