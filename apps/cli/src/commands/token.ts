import { resolve } from 'node:path';
import { claimsOf, ROLES, type Role, signToken } from '@hexfleet/access';
import { STATUSES, type Status } from '@hexfleet/ping';
import { type Command, Option } from 'commander';
import { defaultDataFolder } from '../data-folder.js';
import { readSecrets } from '../secrets.js';
import { UserError } from '../user-error.js';
import { durationWithin } from './option-values.js';

interface TokenOptions {
  readonly role: Role;
  readonly sub: string;
  /** In ms. */
  readonly ttl: number;
  readonly vehicleClass?: string;
  readonly maxStatus?: Status;
  readonly driver?: string;
  readonly dataDir: string;
}

export function registerToken(program: Command): void {
  program
    .command('token')
    .description('a token for the Hexfleet of a data folder, alone on standard output')
    .addOption(new Option('--role <role>', 'who it is for').choices(ROLES).makeOptionMandatory())
    .requiredOption('--sub <subject>', 'whose it is; of a driver, the driver id')
    .addOption(
      new Option('--ttl <duration>', 'how long it is valid')
        .argParser(durationWithin('1s', '3650d'))
        .default(3_600_000, '1h'),
    )
    .option('--vehicle-class <class>', 'settles a driver’s vehicle class, such as car')
    .addOption(new Option('--max-status <status>', 'the highest status a driver may give itself').choices(STATUSES))
    .option('--driver <id>', 'of a rider’s trip: the one driver whose position it may see')
    .option('--data-dir <dir>', 'the data folder of the Hexfleet', (dir) => resolve(dir), defaultDataFolder())
    .action(async (options: TokenOptions) => {
      process.stdout.write(`${await tokenFor(options)}\n`);
    });
}

async function tokenFor({ role, sub, ttl, vehicleClass, maxStatus, driver, dataDir }: TokenOptions): Promise<string> {
  const secrets = readSecrets(dataDir);
  if (secrets === undefined) {
    throw new UserError(`${dataDir} holds no secrets yet: start Hexfleet there first (npm start), or give --data-dir.`);
  }
  const ttlSeconds = Math.max(1, Math.floor(ttl / 1_000));
  // What the apps would refuse is refused here, where the one who asked can mend it.
  const claims = claimsOf({ sub, role, vehicleClass, maxStatus, driver, exp: Date.now() / 1_000 + ttlSeconds });
  if (claims === undefined)
    throw new UserError('No app would take this token: --sub, --vehicle-class or --driver is malformed.');
  return signToken({ secret: secrets.jwtSecret, claims, ttlSeconds });
}
