import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, SignJWT } from 'jose';
import { createTokenVerifier, ROLES, roleAllowed, signToken } from './index.js';

const SECRET = 'a secret that is long enough for HS256';
const NOW_MS = 1_800_000_000_000;
const NOW_SECONDS = NOW_MS / 1_000;
const DRIVER = { sub: 'd-17', role: 'driver', exp: NOW_SECONDS + 60 };
const nowMs = () => NOW_MS;

/** A token put together by hand: whatever the header says, signed as the caller likes. */
function handmade(header: object, payload: object, sign: (input: string) => string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${sign(input)}`;
}

function hs256(payload: object, secret: string | Buffer = SECRET, header: object = { alg: 'HS256' }): string {
  return handmade(header, payload, (input) => createHmac('sha256', secret).update(input).digest('base64url'));
}

describe('a token signed with the secret', () => {
  const verifier = createTokenVerifier({ jwtSecret: SECRET, nowMs });

  it('grants what it says', async () => {
    const token = hs256({ ...DRIVER, maxStatus: 'available', vehicleClass: 'bike' });
    expect(await verifier.verify(token)).toEqual({
      ok: true,
      expiresAtMs: NOW_MS + 60_000,
      claims: {
        subject: 'd-17',
        role: 'driver',
        maxStatus: 'available',
        vehicleClass: 'bike',
        expiresAtMs: NOW_MS + 60_000,
      },
    });
  });

  it('may expire in the middle of a millisecond, and then counts to its start', async () => {
    const verification = await verifier.verify(hs256({ ...DRIVER, exp: NOW_SECONDS + 60.0005678 }));
    expect(verification).toMatchObject({ ok: true, expiresAtMs: NOW_MS + 60_000 });
  });

  it('is made by signToken, for each role', async () => {
    for (const role of ROLES) {
      const claims = { subject: 's-1', role, driverId: 'd-9' };
      const token = await signToken({ secret: SECRET, claims, ttlSeconds: 60, nowMs });
      const expected = { ...claims, expiresAtMs: NOW_MS + 60_000 };
      expect(await verifier.verify(token)).toEqual({ ok: true, claims: expected, expiresAtMs: NOW_MS + 60_000 });
    }
  });

  it.each([
    ['expired', hs256({ ...DRIVER, exp: NOW_SECONDS - 6 }), 'expired'],
    ['not valid yet', hs256({ ...DRIVER, nbf: NOW_SECONDS + 60 }), 'not_yet_valid'],
    ['signed with another secret', hs256(DRIVER, `${SECRET}!`), 'bad_signature'],
    ['unsigned, alg none', handmade({ alg: 'none' }, DRIVER, () => ''), 'bad_signature'],
    ['unsigned, alg None', handmade({ alg: 'None' }, DRIVER, () => ''), 'bad_signature'],
    ['unsigned, alg HS256', handmade({ alg: 'HS256' }, DRIVER, () => ''), 'bad_signature'],
    ['of another algorithm of the same kind', hs256(DRIVER, SECRET, { alg: 'HS512' }), 'bad_signature'],
    ['without expiry', hs256({ sub: 'd-17', role: 'driver' }), 'bad_claims'],
    ['with a text for an expiry', hs256({ ...DRIVER, exp: '9999999999' }), 'bad_claims'],
    ['without subject', hs256({ ...DRIVER, sub: undefined }), 'bad_claims'],
    ['without role', hs256({ ...DRIVER, role: undefined }), 'bad_claims'],
    ['of a role that is none', hs256({ ...DRIVER, role: 'admin' }), 'bad_claims'],
    ['of a list of roles', hs256({ ...DRIVER, role: ['ops'] }), 'bad_claims'],
    ['of a driver with a newline in its id', hs256({ ...DRIVER, sub: 'd-17\n' }), 'bad_claims'],
    ['of a driver with an id of 65 characters', hs256({ ...DRIVER, sub: 'd'.repeat(65) }), 'bad_claims'],
    ['that expires past all times', hs256({ ...DRIVER, exp: 2 ** 48 / 1_000 }), 'bad_claims'],
    ['with a highest status that is none', hs256({ ...DRIVER, maxStatus: 'asleep' }), 'bad_claims'],
    ['with a vehicle class that is none', hs256({ ...DRIVER, vehicleClass: 'a car' }), 'bad_claims'],
    ['of a trip with a driver id that is none', hs256({ ...DRIVER, role: 'rider', driver: '*' }), 'bad_claims'],
    ['empty', '', 'malformed'],
    ['no token', 'a.b', 'malformed'],
    ['no JSON', 'e30.e30.e30.', 'malformed'],
    ['endless', `${'x'.repeat(10_000)}`, 'malformed'],
  ])('is refused when %s', async (_, token, reason) => {
    expect(await verifier.verify(token)).toEqual({ ok: false, reason });
  });

  it('may be 5 s past its expiry by our clock, and no more', async () => {
    expect((await verifier.verify(hs256({ ...DRIVER, exp: NOW_SECONDS - 4 }))).ok).toBe(true);
    expect((await verifier.verify(hs256({ ...DRIVER, exp: NOW_SECONDS - 5 }))).ok).toBe(false);
  });

  it('must name our issuer and audience where they are set', async () => {
    const strict = createTokenVerifier({ jwtSecret: SECRET, jwtIssuer: 'rides', jwtAudience: 'hexfleet', nowMs });
    const ours = { ...DRIVER, iss: 'rides', aud: ['hexfleet', 'billing'] };
    expect((await strict.verify(hs256(ours))).ok).toBe(true);
    expect(await strict.verify(hs256({ ...ours, iss: 'others' }))).toEqual({ ok: false, reason: 'bad_claims' });
    expect(await strict.verify(hs256({ ...ours, aud: 'billing' }))).toEqual({ ok: false, reason: 'bad_claims' });
    expect(await strict.verify(hs256(DRIVER))).toEqual({ ok: false, reason: 'bad_claims' });
  });
});

describe('the memory of verified tokens', () => {
  it('answers from memory, and never past the expiry', async () => {
    let now = NOW_MS;
    const verifier = createTokenVerifier({ jwtSecret: SECRET, nowMs: () => now });
    const token = hs256(DRIVER);
    const first = await verifier.verify(token);
    expect(await verifier.verify(token)).toBe(first);
    now = NOW_MS + 60_000;
    const late = await verifier.verify(token);
    expect(late).toEqual(first);
    expect(late).not.toBe(first);
    expect(verifier.cachedTokens).toBe(0);
    now = NOW_MS + 65_000;
    expect(await verifier.verify(token)).toEqual({ ok: false, reason: 'expired' });
  });

  it('is bounded, and holds no refused token', async () => {
    const verifier = createTokenVerifier({ jwtSecret: SECRET, maxCachedTokens: 3, nowMs });
    for (let i = 0; i < 10; i++) await verifier.verify(hs256({ ...DRIVER, sub: `d-${i}` }));
    expect(verifier.cachedTokens).toBe(3);
    const empty = createTokenVerifier({ jwtSecret: SECRET, nowMs });
    await empty.verify(hs256(DRIVER, 'x'));
    expect(empty.cachedTokens).toBe(0);
  });
});

describe.each([
  ['RS256', generateKeyPairSync('rsa', { modulusLength: 2_048 }), generateKeyPairSync('rsa', { modulusLength: 2_048 })],
  [
    'ES256',
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  ],
])('a token signed with %s', (alg, { publicKey, privateKey }, stranger) => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  let folder: string;
  let server: Server;
  let requests = 0;
  let down = false;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hexfleet-access-'));
    writeFileSync(join(folder, 'key.pem'), pem);
    const keys = [{ ...(await exportJWK(publicKey)), kid: 'k1', alg, use: 'sig' }];
    server = createServer((_, response) => {
      requests++;
      if (down) response.writeHead(500).end();
      else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    server.close();
  });

  const byFile = () => createTokenVerifier({ jwtKeyFile: join(folder, 'key.pem'), nowMs });
  const byUrl = () => {
    const { port } = server.address() as AddressInfo;
    return createTokenVerifier({ jwksUrl: `http://127.0.0.1:${port}/jwks.json`, nowMs });
  };
  const signed = (key: KeyObject, header = {}) =>
    new SignJWT(DRIVER).setProtectedHeader({ alg, kid: 'k1', ...header }).sign(key);

  it('is taken, by key file and by URL, which is asked once', async () => {
    const token = await signed(privateKey);
    expect((await byFile().verify(token)).ok).toBe(true);
    const verifier = byUrl();
    requests = 0;
    expect((await verifier.verify(token)).ok).toBe(true);
    const other = await new SignJWT({ ...DRIVER, sub: 'd-18' }).setProtectedHeader({ alg, kid: 'k1' }).sign(privateKey);
    expect((await verifier.verify(other)).ok).toBe(true);
    expect(requests).toBe(1);
  });

  it('is refused when it comes from another key, or names one that is not there', async () => {
    const refused = { ok: false, reason: 'bad_signature' };
    const token = await signed(stranger.privateKey);
    expect(await byFile().verify(token)).toEqual(refused);
    expect(await byUrl().verify(token)).toEqual(refused);
    expect(await byUrl().verify(await signed(privateKey, { kid: 'k2' }))).toEqual(refused);
  });

  it('is refused when the public key was used as an HMAC secret', async () => {
    for (const secret of [pem, pem.toString().trim(), publicKey.export({ type: 'spki', format: 'der' })]) {
      const token = hs256(DRIVER, secret, { alg: 'HS256', kid: 'k1' });
      expect(await byFile().verify(token)).toEqual({ ok: false, reason: 'bad_signature' });
      expect(await byUrl().verify(token)).toEqual({ ok: false, reason: 'bad_signature' });
    }
  });

  it('is refused when it is not signed at all', async () => {
    const token = handmade({ alg: 'none', kid: 'k1' }, DRIVER, () => '');
    expect(await byFile().verify(token)).toEqual({ ok: false, reason: 'bad_signature' });
    expect(await byUrl().verify(token)).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('is in doubt, not refused, while the keys can not be fetched', async () => {
    down = true;
    const verifier = byUrl();
    const token = await signed(privateKey);
    expect(await verifier.verify(token)).toEqual({ ok: false, reason: 'keys_unavailable' });
    down = false;
    expect((await verifier.verify(token)).ok).toBe(true);
  });
});

describe('a verifier', () => {
  it('is not made from a short secret, a weak key, no source of trust or two', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hexfleet-access-'));
    const jwtKeyFile = join(folder, 'weak.pem');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    writeFileSync(jwtKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));
    expect(() => createTokenVerifier({ jwtSecret: 'short' })).toThrow('at least 32 characters');
    expect(() => createTokenVerifier({ jwtKeyFile })).toThrow('at least 2048 bits');
    expect(() => createTokenVerifier({ jwtKeyFile: join(folder, 'none.pem') })).toThrow('ENOENT');
    expect(() => createTokenVerifier({})).toThrow('exactly one');
    expect(() => createTokenVerifier({ jwtSecret: SECRET, jwksUrl: 'https://keys.example' })).toThrow('exactly one');
    rmSync(folder, { recursive: true });
  });
});

it('roles: ops may do all that a viewer may, and nobody else more than is named', () => {
  const allowed = ROLES.filter((role) => roleAllowed(role, ['viewer']));
  expect(allowed).toEqual(['viewer', 'ops']);
  expect(ROLES.filter((role) => roleAllowed(role, ['driver', 'fleet']))).toEqual(['driver', 'fleet']);
});
