import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Command, InvalidArgumentError } from 'commander';
import { MUTATIONS, protocolOf } from './mutations.js';
import { added, type Tally } from './seeds.js';
import { shrink } from './shrink.js';
import { simulate } from './simulation.js';

interface Flags {
  readonly seeds: number;
  readonly from?: number;
  readonly seed?: number;
  readonly mutation?: string;
  readonly jobs: number;
  readonly json: boolean;
}

/** Seeds that a thread is given at a time. */
const PORTION = 100;
const MOST_FAILURES = 3;

const program = new Command('simulate-faults')
  .description(
    'Runs the owners of partitions, writers and gateways in a simulation in which anything may fail, seed by seed.',
  )
  .option('--seeds <n>', 'how many runs', natural, 5_000)
  .option('--from <seed>', 'the first seed (1; for --mutations, each its own)', natural)
  .option('--seed <seed>', 'one run, with its trace', natural)
  .option('--mutation <name>', 'with the protocol broken: see --list-mutations', mutationName)
  .option('--list-mutations', 'the ways in which it can be broken', false)
  .option('--mutations', 'each of them until it is noticed, for at most --seeds seeds', false)
  .option('--jobs <n>', 'threads', natural, availableParallelism())
  .option('--json', 'what came of it as a line of JSON on standard output', false)
  .action(async (flags: Flags & { readonly listMutations: boolean; readonly mutations: boolean }) => {
    if (flags.listMutations)
      process.stdout.write(`${MUTATIONS.map(({ name, what }) => `${name.padEnd(34)}${what}`).join('\n')}\n`);
    else if (flags.mutations) await runMutations(flags);
    else if (flags.seed !== undefined) await showRun(flags.seed, flags.mutation);
    else await runMany(flags);
  });
// Who reads only the beginning closes the pipe.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
await program.parseAsync();

async function showRun(seed: number, mutation: string | undefined): Promise<void> {
  const { violation, trace } = simulate(seed, { protocol: await protocolOf(mutation), isTraced: true });
  process.stdout.write(`${trace.join('\n')}\n${violation ?? 'no violation'}\n`);
  if (violation !== undefined) process.exitCode = 1;
}

async function runMany(flags: Flags): Promise<void> {
  const startedAtMs = Date.now();
  const tally = await runOnThreads(flags);
  const seconds = (Date.now() - startedAtMs) / 1_000;
  const sightings = Object.fromEntries([...tally.sightings].sort(([a], [b]) => (a < b ? -1 : 1)));
  if (flags.json) {
    const failed = tally.failed.map(({ seed, violation }) => ({ seed, violation }));
    process.stdout.write(`${JSON.stringify({ seeds: tally.seeds, steps: tally.steps, sightings, failed })}\n`);
  } else {
    for (const [what, times] of Object.entries(sightings))
      process.stdout.write(`${String(times).padStart(10)} × ${what}\n`);
    const pace = Math.round(tally.seeds / seconds);
    const stopped = tally.seeds < flags.seeds ? `; stopped there, before ${flags.seeds} seeds` : '';
    process.stdout.write(
      `${tally.seeds} seeds, ${tally.steps} steps, ${tally.failed.length} violations; ${pace} seeds/s${stopped}\n`,
    );
  }
  for (const { seed, violation } of tally.failed) process.stderr.write(`seed ${seed}: ${violation}\n`);
  const [first] = tally.failed;
  if (first === undefined) return;
  process.exitCode = 1;
  if (flags.mutation === undefined || !flags.json) await explain(first.seed, flags.mutation);
}

/** Every mutation is to be noticed: tells by which seed, and by what. */
async function runMutations({ seeds, from, jobs, json }: Flags): Promise<void> {
  const waiting = [...MUTATIONS];
  const thread = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name } = next;
      const first = from ?? next.from;
      const worker = new Worker(new URL('./seeds-worker.js', import.meta.url), { workerData: { mutation: name } });
      const done = once(worker, 'message');
      worker.postMessage({ from: first, count: seeds, mostFailures: 1 });
      const [tally] = (await done) as [Tally];
      await worker.terminate();
      const violation = tally.failed[0]?.violation;
      if (violation === undefined) process.exitCode = 1;
      const told = violation === undefined ? 'NOT NOTICED' : violation;
      const line = json
        ? JSON.stringify({ name, seed: first + tally.seeds - 1, violation })
        : `${name.padEnd(34)}${String(first + tally.seeds - 1).padStart(6)}  ${told}`;
      process.stdout.write(`${line}\n`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, thread));
}

/** The smallest run that fails like it, and how to see it again. */
async function explain(seed: number, mutation: string | undefined): Promise<void> {
  const protocol = await protocolOf(mutation);
  const failed = simulate(seed, { protocol });
  const { result, leftOut, maxSteps } = shrink(failed, protocol);
  const again = `npm run simulate-faults -- --seed ${seed}${mutation === undefined ? '' : ` --mutation ${mutation}`}`;
  process.stderr.write(
    `${result.trace.join('\n')}\n\n${result.violation}\n\nThat is seed ${seed} without ${[...leftOut].filter((one) => one < failed.happenings).length} of its ${failed.happenings} happenings, ` +
      `cut to ${maxSteps} of ${failed.steps} steps; whole, it says: ${failed.violation}\nThe whole run: ${again}\n`,
  );
}

async function runOnThreads({ seeds, from = 1, mutation, jobs }: Flags): Promise<Tally> {
  let tally: Tally = { seeds: 0, steps: 0, sightings: new Map(), failed: [] };
  let next = from;
  const end = from + seeds;
  const thread = async () => {
    const worker = new Worker(new URL('./seeds-worker.js', import.meta.url), { workerData: { mutation } });
    while (next < end && tally.failed.length < MOST_FAILURES) {
      const order = { from: next, count: Math.min(PORTION, end - next), mostFailures: MOST_FAILURES };
      next += order.count;
      const done = once(worker, 'message');
      worker.postMessage(order);
      const [portion] = (await done) as [Tally];
      tally = added(tally, portion);
      progress(tally, seeds);
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, Math.ceil(seeds / PORTION)) }, thread));
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  return tally;
}

function progress(tally: Tally, of: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${tally.seeds} of ${of} seeds, ${tally.failed.length} violations `);
}

function mutationName(text: string): string {
  if (MUTATIONS.some(({ name }) => name === text)) return text;
  throw new InvalidArgumentError('There is none of that name; --list-mutations tells those there are.');
}

function natural(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return number;
}
