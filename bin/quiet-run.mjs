import { spawn } from 'node:child_process';

/** The project's root folder, wherever the command was given. */
export const ROOT = new URL('..', import.meta.url).pathname.replace(/\/$/, '');

/** An error whose text is all that the user needs: it is printed without a stack. */
export class PlainError extends Error {}

/**
 * Runs a Node program (or, with `command`, any) in the project's root and keeps what it prints. Resolves to its exit
 * status and output; null means that a signal ended it.
 *
 * @returns {Promise<{ status: number | null, output: string }>}
 */
export function quietRun(args, { command = process.execPath, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (text) => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

/** Prints on standard error, because standard output belongs to what the command answers. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}
