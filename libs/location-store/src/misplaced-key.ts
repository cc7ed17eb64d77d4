import { ENTRY_HASHES } from './directory-entries.js';

/**
 * Which key holds another type than ours would, in words; undefined when none does. `ask` sends a command and gives its
 * reply.
 */
export async function findMisplacedKey(
  key: string,
  ask: (name: string, ...args: string[]) => Promise<unknown>,
): Promise<string | undefined> {
  const mismatch = async (name: string, wanted: string) => {
    const type = String(await ask('TYPE', name));
    return type === wanted || type === 'none' ? undefined : `${name}: it is a ${type}, where a ${wanted} belongs`;
  };
  const own = await mismatch(key, 'string');
  if (own !== undefined) return own;
  const beside = key.endsWith(':inc')
    ? await besideIncarnation(key, ask)
    : key.endsWith(':born')
      ? besideBorn(key)
      : [];
  const found = await Promise.all(beside.map(([name, wanted]) => mismatch(name, wanted)));
  return found.find((one) => one !== undefined);
}

type Expected = readonly [key: string, type: string];

async function besideIncarnation(
  key: string,
  ask: (name: string, ...args: string[]) => Promise<unknown>,
): Promise<Expected[]> {
  const base = key.slice(0, -'inc'.length);
  const incarnation = String(await ask('GET', key));
  return [
    [`${base}header:${incarnation}`, 'hash'],
    [`${base}geo:${incarnation}`, 'zset'],
    [`${base}records:${incarnation}`, 'hash'],
  ];
}

function besideBorn(key: string): Expected[] {
  const base = key.slice(0, -'born'.length);
  return [
    [`${base}token`, 'string'],
    [`${base}todo`, 'hash'],
    ...ENTRY_HASHES.map((hash): Expected => [`${base}entries:${hash}`, 'hash']),
  ];
}
