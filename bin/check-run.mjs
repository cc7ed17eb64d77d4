import { quietRun, ROOT, say } from './quiet-run.mjs';
import { setUp } from './set-up.mjs';

/** Every step is run, so that one look shows all that is wrong. */
const STEPS = [
  // A lock made beside an old node_modules may lack other platforms' packages; a fresh clone's `npm ci` refuses it.
  ['lock file', ['ci', '--dry-run', '--offline', '--include=dev', '--ignore-scripts', '--loglevel=error'], 'npm'],
  ['format and lint', [`${ROOT}/node_modules/@biomejs/biome/bin/biome`, 'check', '--error-on-warnings', '.']],
  ['types', [`${ROOT}/node_modules/typescript/bin/tsc`, '--noEmit', '-p', '.']],
  [
    'dependency rules',
    [
      `${ROOT}/node_modules/dependency-cruiser/bin/dependency-cruise.mjs`,
      ...['--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'apps', 'libs', 'bench', 'test'],
    ],
  ],
];

try {
  await setUp({ withBuild: false });
  let failed = 0;
  for (const [name, args, command] of STEPS) {
    const { status, output } = await quietRun(args, { command });
    process.stdout.write(`${name}: ${status === 0 ? 'ok' : 'FAILED'}\n`);
    if (status !== 0) {
      failed++;
      process.stdout.write(`${output.trim()}\n`);
    }
  }
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = error?.exitStatus ?? 1;
}
