import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const { holdsAll } = await import(join(import.meta.dirname, '..', '..', 'bin', 'packages.mjs'));

const LINUX = { os: 'linux', cpu: 'x64', libc: 'glibc' };
const MAC = { os: 'darwin', cpu: 'arm64', libc: undefined };
const WANTED = {
  '': { version: '1.0.0' },
  'node_modules/plain': { integrity: 'sha512-plain' },
  'node_modules/tool-linux-gnu': {
    integrity: 'sha512-gnu',
    optional: true,
    os: ['linux'],
    cpu: ['x64'],
    libc: ['glibc'],
  },
  'node_modules/tool-linux-musl': {
    integrity: 'sha512-musl',
    optional: true,
    os: ['linux'],
    cpu: ['x64'],
    libc: ['musl'],
  },
  'node_modules/tool-darwin': { integrity: 'sha512-mac', optional: true, os: ['darwin'], cpu: ['arm64'] },
  'node_modules/not-on-windows': { integrity: 'sha512-posix', optional: true, os: ['!win32'] },
};

function installed(...names: (keyof typeof WANTED)[]): object {
  return Object.fromEntries(names.map((name) => [name, WANTED[name]]));
}

describe('what npm has installed', () => {
  const onLinux = installed('node_modules/plain', 'node_modules/not-on-windows', 'node_modules/tool-linux-gnu');

  it('is enough with the optional packages of this platform alone', () => {
    expect(holdsAll(onLinux, WANTED, LINUX)).toBe(true);
  });

  it('is not enough on another platform, or with another C library', () => {
    expect(holdsAll(onLinux, WANTED, MAC)).toBe(false);
    expect(holdsAll(onLinux, WANTED, { ...LINUX, libc: 'musl' })).toBe(false);
    const onMac = installed('node_modules/plain', 'node_modules/not-on-windows', 'node_modules/tool-darwin');
    expect(holdsAll(onMac, WANTED, MAC)).toBe(true);
  });

  it('is not enough with another version, or without a package that all need', () => {
    const older = { ...onLinux, 'node_modules/plain': { integrity: 'sha512-older' } };
    expect(holdsAll(older, WANTED, LINUX)).toBe(false);
    expect(holdsAll(installed('node_modules/tool-linux-gnu'), WANTED, LINUX)).toBe(false);
  });
});
