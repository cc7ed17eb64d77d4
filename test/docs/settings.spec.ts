import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  commonSettings,
  hygieneSettings,
  jwtSettings,
  layoutSettings,
  natsSettings,
  redisSettings,
  type SettingsSchema,
  streamSettings,
  variableOf,
} from '@hexfleet/settings';
import { describe, expect, it } from '@jest/globals';
import { gatewaySettings } from '../../apps/gateway/src/gateway-settings.js';
import { WRITER_SETTINGS } from '../../apps/location-writer/src/writer-settings.js';
import { NEARBY_SETTINGS } from '../../apps/nearby/src/settings.js';
import { OPS_SETTINGS } from '../../apps/ops/src/settings.js';

const APPS: Readonly<Record<string, SettingsSchema>> = {
  gateway: gatewaySettings,
  'location-writer': WRITER_SETTINGS,
  nearby: NEARBY_SETTINGS,
  ops: OPS_SETTINGS,
};
const { port: _, ...everyApp } = commonSettings;
/** Sections about settings that several apps have, by how their title begins. */
const SHARED: Readonly<Record<string, SettingsSchema>> = {
  'Every app': everyApp,
  Layout: layoutSettings,
  NATS: natsSettings,
  'The stream': streamSettings,
  Redis: redisSettings,
  Tokens: jwtSettings,
  Hygiene: hygieneSettings,
};
/** Where the default depends on the machine, the page says it in words. */
const IN_WORDS = ['writerId'];

const page = readFileSync(join(import.meta.dirname, '../../docs/settings.md'), 'utf8');
/** Title → variable → default, as the page's tables have them. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const rows = [...section.matchAll(/^\| `(HEXFLEET_\w+)` \| ([^|]+) \| [^|]+ \|$/gm)];
      return [section.split('\n', 1)[0] as string, new Map(rows.map(([, name, value]) => [name, value as string]))];
    }),
);

/** What the page should say, told from what it says: a default is compared as the value that it stands for. */
function defaultsOf(schema: SettingsSchema, said: ReadonlyMap<string | undefined, string>): Map<string, string> {
  const wanted = Object.entries(schema).map(([key, variable]): [string, string] => {
    const name = variableOf(key);
    const says = said.get(name) ?? '';
    const unset = variable.safeParse(undefined);
    if (IN_WORDS.includes(key)) return [name, says];
    if (!unset.success) return [name, 'required'];
    if (unset.data === undefined) return [name, 'none'];
    const read = variable.safeParse(says.replaceAll('`', ''));
    const isSame = read.success && JSON.stringify(read.data) === JSON.stringify(unset.data);
    return [name, isSame ? says : `\`${unset.data}\``];
  });
  return new Map(wanted);
}

describe('the page on settings', () => {
  it.each(Object.entries(SHARED))('%s: lists each variable with its default, and no other', (title, schema) => {
    const [, said] = [...sections].find(([name]) => name.startsWith(title)) ?? [title, new Map()];
    expect(said).toEqual(defaultsOf(schema, said));
  });

  it.each(Object.entries(APPS))('%s: lists each variable of its own with its default, and no other', (app, schema) => {
    const said = sections.get(app) ?? new Map();
    const shared = new Set(Object.values(SHARED).flatMap((fragment) => Object.values(fragment)));
    const own = Object.fromEntries(Object.entries(schema).filter(([, variable]) => !shared.has(variable)));
    expect(said).toEqual(defaultsOf(own, said));
  });

  it.each(Object.entries(APPS))('%s: is named by the sections that it has the settings of', (app, schema) => {
    const has = new Set(Object.values(schema));
    for (const [title, fragment] of Object.entries(SHARED)) {
      const [name = ''] = [...sections.keys()].filter((one) => one.startsWith(title));
      const isNamed = /every app/i.test(name) || name.includes(app);
      expect([title, isNamed]).toEqual([title, Object.values(fragment).every((variable) => has.has(variable))]);
    }
  });
});
