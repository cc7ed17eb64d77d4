import { chmodSync, writeFileSync } from 'node:fs';

/** Writes a file that only its owner can read, also where a looser one lay before. */
export function writeSecretFile(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 });
  chmodSync(file, 0o600);
}
