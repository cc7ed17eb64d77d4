import { spawn } from 'node:child_process';

/**
 * A shell that waits for the end of its standard input, which only this process holds open, and then ends the guarded
 * process: SIGTERM, and SIGKILL after 10 s. It has no other way to learn of our death, because kill −9 runs no handlers.
 */
const SCRIPT = `
trap '' INT HUP
read -r _
kill -TERM "$1" 2>/dev/null || exit 0
n=0
while [ "$n" -lt 100 ]; do sleep 0.1; kill -0 "$1" 2>/dev/null || exit 0; n=$((n+1)); done
kill -KILL "$1" 2>/dev/null
`;

/**
 * Sees to it that process `pid` ends when this process dies, however it dies. The returned function lifts the guard; call
 * it once `pid` has ended, so that a later process that gets the same number is safe.
 */
export function guardAgainstOrphaning(pid: number): () => void {
  const guard = spawn('/bin/sh', ['-c', SCRIPT, 'hexfleet-orphan-guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  // A pipe of a child is a net.Socket underneath, though typed as a plain Writable.
  (guard.stdin as unknown as { unref(): void }).unref();
  return () => {
    guard.kill('SIGKILL');
  };
}
