import { z } from 'zod';
import { EXACTLY_ONE_OF } from './fragments.js';

/** An app's settings: key → what its variable must hold. Spread the fragments in, add the app's own. */
export type SettingsSchema = Readonly<Record<string, z.ZodType>>;

/** The typed settings that a schema gives. */
export type SettingsOf<Schema extends SettingsSchema> = {
  readonly [Key in keyof Schema]: z.output<Schema[Key]>;
};

/** What an environment is: names to texts. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable, or one group of them, that doesn't hold what it must. */
export interface SettingsFault {
  readonly variables: readonly string[];
  readonly problem: string;
}

/** All that is wrong with an environment. Its message has a line a fault and repeats no value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly faults: readonly SettingsFault[]) {
    const lines = faults.map(({ variables, problem }) => `  ${variables.join(', ')}: ${problem}`);
    super(`the environment has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${lines.join('\n')}`);
  }
}

/** `maxSpeedMps` → `HEXFLEET_MAX_SPEED_MPS`. */
export function variableOf(key: string): string {
  return `HEXFLEET_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/**
 * Reads an app's settings, frozen, from the environment. An empty variable counts as not set, as compose files write it.
 * Variables that the schema doesn't name are left alone: one environment serves all apps.
 * @throws SettingsError that lists every fault.
 */
export function readSettings<Schema extends SettingsSchema>(
  schema: Schema,
  env: Environment = process.env,
): SettingsOf<Schema> {
  const faults: SettingsFault[] = [];
  const settings: Record<string, unknown> = {};
  for (const [key, variableSchema] of Object.entries(schema)) {
    const result = variableSchema.safeParse(env[variableOf(key)] || undefined);
    if (result.success) settings[key] = frozen(result.data);
    else faults.push({ variables: [variableOf(key)], problem: problemOf(result.error, env[variableOf(key)]) });
  }
  for (const group of EXACTLY_ONE_OF) {
    if (!group.every((key) => key in schema)) continue;
    const given = group.filter((key) => env[variableOf(key)]);
    if (given.length === 1) continue;
    const problem = `exactly one of them must be set, ${given.length === 0 ? 'none is' : `${given.length} are`}`;
    faults.push({ variables: group.map(variableOf), problem });
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return Object.freeze(settings) as SettingsOf<Schema>;
}

/** The keys of a schema whose variables are set: what was asked for, beside what is so by default. */
export function keysGiven<Schema extends SettingsSchema>(
  schema: Schema,
  env: Environment = process.env,
): (keyof Schema & string)[] {
  return Object.keys(schema).filter((key) => env[variableOf(key)]);
}

/** `readSettings` for a `main`: says what is wrong on standard error and ends the process with status 1. */
export function readSettingsOrExit<Schema extends SettingsSchema>(schema: Schema): SettingsOf<Schema> {
  try {
    return readSettings(schema);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function problemOf(error: z.ZodError, value: string | undefined): string {
  if (!value) return 'must be set';
  return [...new Set(error.issues.map((issue) => issue.message))].join('; ');
}

/** A setting is a plain value or a list of them. */
function frozen(value: unknown): unknown {
  return Array.isArray(value) ? Object.freeze(value) : value;
}
