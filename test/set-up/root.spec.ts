import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'hex fleet é%20#'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('finds the project in a folder whose name a URL would spell otherwise', () => {
  cpSync(join(import.meta.dirname, '..', '..', 'bin'), join(folder, 'bin'), { recursive: true });
  const script = `import { ROOT } from ${JSON.stringify(pathToFileURL(join(folder, 'bin', 'quiet-run.mjs')))}; console.log(ROOT);`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(said.trim()).toBe(folder);
});
