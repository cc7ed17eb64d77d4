import type { ServerProblem, StoreRole } from './server-problem.js';

const OLDEST_MAJOR = 7;

/** The fields of an INFO reply. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const fields = text.split('\r\n').filter((line) => line.includes(':') && !line.startsWith('#'));
  return new Map(
    fields.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
}

/** What a server says of itself that we can't work with, or that puts what it holds at risk. */
export function problemsOfInfo(info: ReadonlyMap<string, string>, role: StoreRole): ServerProblem[] {
  const isWriter = role === 'writer';
  const problems: ServerProblem[] = [];
  const version = info.get('redis_version');
  // Valkey tells here which Redis it is compatible with.
  if (version !== undefined && Number.parseInt(version, 10) < OLDEST_MAJOR) {
    const text = `is Redis ${version}: Redis ${OLDEST_MAJOR} or newer, or Valkey, is needed`;
    problems.push({ kind: 'old', severity: 'refuse', text });
  }
  if (info.get('loading') === '1' || info.get('async_loading') === '1') {
    problems.push({ kind: 'loading', severity: 'failing', text: 'is loading its data: wait until it has' });
  }
  if (info.get('role') === 'slave') {
    const primary = `${info.get('master_host')}:${info.get('master_port')}`;
    const isStale = info.get('master_link_status') !== 'up';
    const text = `is a read-only replica of ${primary}${isStale ? ', which it has lost' : ''}: name the primary in HEXFLEET_REDIS_URLS, or promote this one`;
    problems.push({ kind: 'replica', severity: isWriter ? 'refuse' : 'degraded', text });
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  const maxBytes = Number(info.get('maxmemory') ?? 0);
  if (policy !== 'noeviction') {
    const text = `deletes positions unasked when its memory is full: set maxmemory-policy to noeviction, it is ${policy}`;
    problems.push({ kind: 'eviction', severity: 'degraded', text });
  } else if (maxBytes > 0 && Number(info.get('used_memory')) >= maxBytes) {
    const text = `is out of memory (maxmemory ${maxBytes} bytes): raise maxmemory, or remove what else it holds`;
    problems.push({ kind: 'memory', severity: isWriter ? 'failing' : 'degraded', text });
  }
  return problems;
}
