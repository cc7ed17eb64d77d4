import type { ServerProblem, Severity, StoreRole } from './server-problem.js';

interface Explanation {
  readonly kind: string;
  readonly severity: Severity;
  readonly says: string;
  readonly advice: string;
}

/** By the first words of what a server answers. */
const EXPLANATIONS: readonly (readonly [pattern: RegExp, explanation: Explanation])[] = [
  [
    /^(NOAUTH|WRONGPASS|ERR (invalid password|AUTH|Client sent AUTH))/,
    {
      kind: 'login',
      severity: 'refuse',
      says: 'refuses the login',
      advice: 'put the right user and password into HEXFLEET_REDIS_URLS',
    },
  ],
  [
    /NOPERM|no permissions|can't run this command/i,
    {
      kind: 'permission',
      severity: 'refuse',
      says: 'forbids its user a command or a key',
      advice: 'give that user more rights (ACL SETUSER)',
    },
  ],
  [
    /READONLY|read only replica/,
    {
      kind: 'replica',
      severity: 'refuse',
      says: 'takes no writes',
      advice: 'name the primary in HEXFLEET_REDIS_URLS',
    },
  ],
  [
    /unknown command/i,
    {
      kind: 'commands',
      severity: 'refuse',
      says: 'lacks a command',
      advice: 'Redis 7 or newer, or Valkey, with FUNCTION, FCALL and FCALL_RO is needed',
    },
  ],
  [
    /^(MOVED|ASK|CLUSTERDOWN|CROSSSLOT)/,
    {
      kind: 'cluster',
      severity: 'refuse',
      says: 'is part of a Redis Cluster',
      advice: 'name servers that are none, one or several',
    },
  ],
  [/OOM /, { kind: 'memory', severity: 'failing', says: 'is out of memory', advice: 'raise maxmemory' }],
  [
    /MISCONF/,
    { kind: 'disk', severity: 'failing', says: "can't write its disk", advice: 'look at its log and at its disk' },
  ],
  [/LOADING/, { kind: 'loading', severity: 'failing', says: 'is loading its data', advice: 'wait until it has' }],
  [/^BUSY/, { kind: 'busy', severity: 'failing', says: 'is held up by a script', advice: 'SCRIPT KILL ends it' }],
];

/** What an error that a server answered means. `where`: the key that it was about, in words. */
export function problemOfReply(message: string, role: StoreRole, where: string): ServerProblem {
  const words = message.trim().slice(0, 160);
  const [, explained] = EXPLANATIONS.find(([pattern]) => pattern.test(message)) ?? [];
  if (explained !== undefined) {
    const { kind, severity, says, advice } = explained;
    return { kind, severity, text: `${says} (${words}): ${advice}` };
  }
  // About one key: the others are as they should be.
  const severity = role === 'writer' ? 'failing' : 'degraded';
  if (/WRONGTYPE/.test(message)) {
    return { kind: `key ${where}`, severity, text: `holds under ${where} what is not ours: remove it (WRONGTYPE)` };
  }
  return { kind: `key ${where}`, severity, text: `answered with an error at ${where}: ${words}` };
}
