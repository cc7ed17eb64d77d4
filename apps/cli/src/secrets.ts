import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './user-error.js';

const NAMES = ['jwtSecret', 'pseudonymSecret', 'natsPassword', 'redisPassword'] as const;

/** What one data folder's Hexfleet holds secret; made once, so that tokens outlive a restart. */
export type Secrets = Readonly<Record<(typeof NAMES)[number], string>>;

/** The folder's secrets; undefined when no Hexfleet has run there. @throws UserError when the file is spoilt. */
export function readSecrets(dataFolder: string): Secrets | undefined {
  const file = fileOf(dataFolder);
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UserError(`The secrets in ${file} can't be read: ${(error as Error).message}`);
  }
  const secrets = parse(content);
  if (secrets === undefined)
    throw new UserError(`${file} is spoilt. Remove it to get new secrets; old tokens end then.`);
  return secrets;
}

/** Reads the folder's secrets, or makes them, readable for their owner only. The caller holds the folder's lock. */
export function ensureSecrets(dataFolder: string): Secrets {
  const there = readSecrets(dataFolder);
  if (there !== undefined) return there;
  const secrets = Object.fromEntries(NAMES.map((name) => [name, randomBytes(32).toString('base64url')])) as Secrets;
  // Written beside and renamed, so that a kill in between leaves no half file.
  const draft = `${fileOf(dataFolder)}.draft`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, fileOf(dataFolder));
  return secrets;
}

function fileOf(dataFolder: string): string {
  return join(dataFolder, 'secrets.json');
}

function parse(content: string): Secrets | undefined {
  try {
    const parsed = JSON.parse(content);
    return NAMES.every((name) => typeof parsed[name] === 'string' && parsed[name].length >= 32) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
