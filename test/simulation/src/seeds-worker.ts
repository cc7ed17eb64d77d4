import { parentPort, workerData } from 'node:worker_threads';
import { protocolOf } from './mutations.js';
import { runSeeds } from './seeds.js';

/** A thread that runs the seeds it is told to, a portion at a time. */
const protocol = await protocolOf(workerData.mutation as string | undefined);
parentPort?.on('message', ({ from, count, mostFailures }: { from: number; count: number; mostFailures: number }) => {
  parentPort?.postMessage(runSeeds(from, count, protocol, mostFailures));
});
