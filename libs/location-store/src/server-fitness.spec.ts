import { describe, expect, it } from '@jest/globals';
import { Refusals } from './refusals.js';
import { problemOfReply } from './reply-problem.js';
import { parseInfo, problemsOfInfo } from './server-info.js';
import { ranked } from './server-problem.js';

const infoOf = (...lines: string[]) => parseInfo(['# Server', ...lines, ''].join('\r\n'));
const kindsOf = (...lines: string[]) =>
  problemsOfInfo(infoOf(...lines), 'writer').map(({ kind, severity }) => `${kind} ${severity}`);

describe('what a server says of itself', () => {
  it.each([
    ['Redis 7', ['redis_version:7.0.15', 'role:master', 'maxmemory:0', 'maxmemory_policy:noeviction'], []],
    ['Valkey', ['redis_version:7.2.4', 'server_name:valkey', 'valkey_version:8.1.1'], []],
    ['Redis 10', ['redis_version:10.0.0'], []],
    ['Redis 6', ['redis_version:6.2.14'], ['old refuse']],
    ['one that tells nothing', [], []],
    ['a replica', ['role:slave', 'master_host:a', 'master_port:1', 'master_link_status:up'], ['replica refuse']],
    ['one that loads', ['loading:1'], ['loading failing']],
    ['one that evicts', ['maxmemory:100', 'used_memory:200', 'maxmemory_policy:volatile-lru'], ['eviction degraded']],
    ['one that is full', ['maxmemory:100', 'used_memory:200', 'maxmemory_policy:noeviction'], ['memory failing']],
    ['one with room', ['maxmemory:300', 'used_memory:200', 'maxmemory_policy:noeviction'], []],
  ])('%s', (_, lines, kinds) => {
    expect(kindsOf(...lines)).toEqual(kinds);
  });

  it('names the version and what is needed, and the primary of a replica that has lost it', () => {
    const [old] = problemsOfInfo(infoOf('redis_version:6.2.14'), 'reader');
    expect(old?.text).toBe('is Redis 6.2.14: Redis 7 or newer, or Valkey, is needed');
    const replica = infoOf('role:slave', 'master_host:10.0.0.1', 'master_port:6379', 'master_link_status:down');
    const [lost] = problemsOfInfo(replica, 'reader');
    expect(lost).toMatchObject({
      severity: 'degraded',
      text: expect.stringContaining('of 10.0.0.1:6379, which it has lost'),
    });
  });
});

describe('what a server answers', () => {
  it.each([
    ['NOAUTH Authentication required.', 'login', 'refuse'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'login', 'refuse'],
    ["NOPERM this user has no permissions to run the 'zadd' command", 'permission', 'refuse'],
    ["READONLY You can't write against a read only replica.", 'replica', 'refuse'],
    ["ERR unknown command 'FCALL', with args beginning with: 'x'", 'commands', 'refuse'],
    ['MOVED 3999 127.0.0.1:6381', 'cluster', 'refuse'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'memory', 'failing'],
    ['EXECABORT Transaction discarded because of: OOM command not allowed', 'memory', 'failing'],
    ['MISCONF Redis is configured to save RDB snapshots, but it is unable to persist', 'disk', 'failing'],
    ['LOADING Redis is loading the dataset in memory', 'loading', 'failing'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'key the key', 'failing'],
    ['ERR something else', 'key the key', 'failing'],
  ])('%s', (message, kind, severity) => {
    expect(problemOfReply(message, 'writer', 'the key')).toMatchObject({ kind, severity });
  });

  it('is told once of each kind, the gravest first', () => {
    const messages = ['OOM one', 'NOPERM two', 'OOM three'];
    const problems = messages.map((message) => problemOfReply(message, 'writer', ''));
    expect(ranked(problems).map(({ kind }) => kind)).toEqual(['permission', 'memory']);
  });

  it('names the key at fault, and is over when it was not answered again for a while', async () => {
    let nowMs = 0;
    const refusals = new Refusals(
      'writer',
      () => nowMs,
      async (key) => `${key}, a list`,
    );
    refusals.note('a:inc', new Error('WRONGTYPE of one'));
    await new Promise(setImmediate);
    expect(refusals.problems()).toEqual([expect.objectContaining({ text: expect.stringContaining('a:inc, a list') })]);
    nowMs = 4_000;
    refusals.note('a:inc', new Error('WRONGTYPE of one'));
    nowMs = 8_000;
    expect(refusals.problems()).toHaveLength(1);
    nowMs = 9_001;
    expect(refusals.problems()).toEqual([]);
  });
});
