import type { Command } from 'commander';
import { addOpsOptions, type OpsTarget, opsClientOf } from '../operating/ops-target.js';
import { type PartitionsView, partitionsLines } from '../operating/partitions-table.js';

interface PartitionsOptions extends OpsTarget {
  readonly json: boolean;
}

export function registerPartitions(program: Command): void {
  addOpsOptions(program.command('partitions'))
    .description('which writer owns which partition, with lag and epoch')
    .option('--json', 'a line of JSON', false)
    .action(async (options: PartitionsOptions) => {
      const client = await opsClientOf(options);
      const { body } = await client.ask<PartitionsView>('/v1/partitions');
      process.stdout.write(options.json ? `${JSON.stringify(body)}\n` : `${partitionsLines(body).join('\n')}\n`);
    });
}
