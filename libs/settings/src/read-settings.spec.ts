import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  commonSettings,
  decimal,
  jwtSettings,
  layoutSettings,
  natsSettings,
  parseDurationMs,
  readSettings,
  redisSettings,
  SettingsError,
} from './index.js';

const SCHEMA = {
  ...commonSettings,
  ...natsSettings,
  ...redisSettings,
  ...layoutSettings,
  ...jwtSettings,
  maxSpeedMps: decimal(1, 10_000).default(70),
};
const SECRET = 'x'.repeat(32);

function faultsOf(env: Record<string, string>): SettingsError {
  try {
    readSettings(SCHEMA, env);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('no fault was found');
}

describe('settings', () => {
  it('have defaults for all but where trust comes from', () => {
    expect(readSettings(SCHEMA, { HEXFLEET_JWT_SECRET: SECRET })).toEqual({
      name: 'hexfleet',
      host: '127.0.0.1',
      port: 0,
      logLevel: 'info',
      maxConnections: 10_000,
      maxRequests: 10_000,
      natsUrl: 'nats://127.0.0.1:4222',
      redisUrls: ['redis://127.0.0.1:6379'],
      partitions: 64,
      resolution: 7,
      ttlMs: 60_000,
      jwtSecret: SECRET,
      maxSpeedMps: 70,
    });
  });

  it('are read from the variables that their keys name', () => {
    const settings = readSettings(SCHEMA, {
      HEXFLEET_JWKS_URL: 'https://keys.example/jwks.json',
      HEXFLEET_NATS_URL: 'nats://user:pass@10.0.0.1:4222',
      HEXFLEET_REDIS_URLS: 'redis://:pass@10.0.0.2:6379, rediss://10.0.0.3',
      HEXFLEET_TTL_MS: '2m',
      HEXFLEET_MAX_SPEED_MPS: '4200.5',
      HEXFLEET_PORT: '8080',
    });
    expect(settings).toMatchObject({
      jwksUrl: 'https://keys.example/jwks.json',
      natsUrl: 'nats://user:pass@10.0.0.1:4222',
      redisUrls: ['redis://:pass@10.0.0.2:6379', 'rediss://10.0.0.3'],
      ttlMs: 120_000,
      maxSpeedMps: 4200.5,
      port: 8080,
    });
  });

  it('are frozen, lists too', () => {
    const settings = readSettings(SCHEMA, { HEXFLEET_JWT_SECRET: SECRET });
    expect(Object.isFrozen(settings) && Object.isFrozen(settings.redisUrls)).toBe(true);
  });

  it('take an empty variable for one that is not set, and leave strangers alone', () => {
    const env = { HEXFLEET_JWT_SECRET: SECRET, HEXFLEET_PORT: '', HEXFLEET_JWKS_URL: '', HEXFLEET_NO_SUCH: 'x' };
    expect(readSettings(SCHEMA, env).port).toBe(0);
  });

  it('tell every fault at once, and no value', () => {
    const error = faultsOf({
      HEXFLEET_NAME: 'a.b',
      HEXFLEET_PORT: '65536',
      HEXFLEET_LOG_LEVEL: 'loud',
      HEXFLEET_NATS_URL: 'http://user:hunter2@10.0.0.1',
      HEXFLEET_REDIS_URLS: 'redis://:hunter2@10.0.0.2,',
      HEXFLEET_PARTITIONS: '1e3',
      HEXFLEET_RESOLUTION: '7.5',
      HEXFLEET_TTL_MS: '-60s',
      HEXFLEET_MAX_SPEED_MPS: 'NaN',
      HEXFLEET_JWT_SECRET: 'hunter2',
    });
    expect(error.faults.map(({ variables }) => variables.join()).sort()).toEqual([
      'HEXFLEET_JWT_SECRET',
      'HEXFLEET_LOG_LEVEL',
      'HEXFLEET_MAX_SPEED_MPS',
      'HEXFLEET_NAME',
      'HEXFLEET_NATS_URL',
      'HEXFLEET_PARTITIONS',
      'HEXFLEET_PORT',
      'HEXFLEET_REDIS_URLS',
      'HEXFLEET_RESOLUTION',
      'HEXFLEET_TTL_MS',
    ]);
    for (const { variables } of error.faults) expect(error.message).toContain(variables[0]);
    expect(error.message).not.toContain('hunter2');
  });

  it.each([
    ['none', {}],
    ['two', { HEXFLEET_JWT_SECRET: SECRET, HEXFLEET_JWKS_URL: 'https://keys.example' }],
  ])('want exactly one source of trust, not %s', (count, env) => {
    const [fault, ...others] = faultsOf(env as Record<string, string>).faults;
    expect(others).toEqual([]);
    expect(fault?.variables).toEqual(['HEXFLEET_JWT_SECRET', 'HEXFLEET_JWT_KEY_FILE', 'HEXFLEET_JWKS_URL']);
    expect(fault?.problem).toContain(count === 'none' ? 'none is' : '2 are');
  });

  it('do not ask for trust in an app that takes no tokens', () => {
    expect(readSettings({ ...commonSettings }, {}).name).toBe('hexfleet');
  });

  it('say what is missing where there is no default', () => {
    expect(() => readSettings({ jwtSecret: SCHEMA.jwtSecret.unwrap() }, {})).toThrow(
      'HEXFLEET_JWT_SECRET: must be set',
    );
  });
});

describe('a duration', () => {
  it.each([
    ['60000', 60_000],
    ['250ms', 250],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    [' 0 ', 0],
  ])('%s', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  it.each(['', 's', '-1s', '1 s', '1e3', 'Infinity', '1w', '0x10', '1s1s'])('is not %p', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it('is a whole number of milliseconds or nothing, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,16}(\.\d{1,7})?(ms|s|m|h|d)?$/)), (text) => {
        const ms = parseDurationMs(text);
        return ms === undefined || (Number.isInteger(ms) && ms >= 0);
      }),
    );
  });
});
