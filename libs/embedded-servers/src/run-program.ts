import { spawn } from 'node:child_process';

/** A program's exit status (null: ended by a signal or not to be run) and what it printed. */
export interface ProgramResult {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a program to its end. With `onTerminal` it may read the terminal, as sudo does for a password. */
export function runProgram(file: string, args: readonly string[], onTerminal = false): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: [onTerminal ? 'inherit' : 'ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (text: string) => {
      output += text;
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => resolve({ status: null, output: `${file}: ${error.message}` }));
    child.on('close', (status) => resolve({ status, output }));
  });
}
