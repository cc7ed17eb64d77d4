import { resolve } from 'node:path';
import { type Claims, type Role, signToken } from '@hexfleet/access';
import { type Command, Option } from 'commander';
import { defaultDataFolder } from '../data-folder.js';
import { readSecrets } from '../secrets.js';
import { UserError } from '../user-error.js';

/** By what right a command asks: a token, or a data folder whose secret makes one. */
export interface TokenTarget {
  readonly token?: string;
  readonly dataDir: string;
}

const TOKEN_TTL_SECONDS = 30 * 24 * 3_600;

export function addTokenOptions(command: Command, role: Role): Command {
  const token = new Option(
    '--token <token>',
    `of role ${role}; made with the data folder’s secret where none is given`,
  );
  return command
    .addOption(token.env('HEXFLEET_TOKEN'))
    .option('--data-dir <dir>', 'the data folder of the Hexfleet', (dir) => resolve(dir), defaultDataFolder());
}

/** The token that was given, or one of these claims. @throws UserError when there is no secret to make it with. */
export async function tokenOf(target: TokenTarget, claims: Omit<Claims, 'expiresAtMs'>): Promise<string> {
  return givenToken(target) ?? (await tokenFrom(target.dataDir, claims));
}

/** The token that was given. An empty one, as a variable of the environment may hold, is none. */
export function givenToken({ token }: Pick<TokenTarget, 'token'>): string | undefined {
  return token === '' ? undefined : token;
}

/** A token for the Hexfleet of a data folder. @throws UserError when none has run there. */
export async function tokenFrom(dataDir: string, claims: Omit<Claims, 'expiresAtMs'>): Promise<string> {
  const secrets = readSecrets(dataDir);
  if (secrets === undefined) {
    throw new UserError(
      `${dataDir} holds no secrets: start Hexfleet there (npm start), or give --token or --data-dir.`,
    );
  }
  return signToken({ secret: secrets.jwtSecret, claims, ttlSeconds: TOKEN_TTL_SECONDS });
}
