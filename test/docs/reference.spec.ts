import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTCOMES, REJECT_CODES, SHED_CODES, STATUSES } from '@hexfleet/ping';
import { PROBLEMS } from '@hexfleet/web-edge';
import { FRAME_CODECS } from '@hexfleet/wire';
import { describe, expect, it } from '@jest/globals';
import { CLOSE } from '../../apps/gateway/src/stream/close-codes.js';

const DOCS = join(import.meta.dirname, '../../docs');
const openapi = readFileSync(join(DOCS, 'openapi.yaml'), 'utf8');
const websocket = readFileSync(join(DOCS, 'websocket.md'), 'utf8');

/** The words of the first list in brackets that follows a text. */
function listAfter(text: string): string[] {
  const at = openapi.indexOf(text);
  expect([text, at >= 0]).toEqual([text, true]);
  const list = /\[([^\]]*)\]/.exec(openapi.slice(at + text.length));
  return (list?.[1] ?? '').match(/\w+/g) ?? [];
}

describe('the reference of the HTTP routes', () => {
  it('names each problem`s code and status, and no other', () => {
    expect(listAfter('        code:\n          type: string\n          enum:').sort()).toEqual(
      Object.keys(PROBLEMS).sort(),
    );
    for (const [code, { status }] of Object.entries(PROBLEMS)) {
      expect(openapi).toContain(`\`${code}\``);
      expect([code, openapi.includes(`"${status}":`) || openapi.includes(`\`${status}\``)]).toEqual([code, true]);
    }
  });

  it('names what can become of a ping, each code, each status', () => {
    const refused = OUTCOMES.filter((outcome) => outcome !== 'accepted');
    expect(listAfter('outcome: { type: string, enum:')).toEqual(refused);
    expect(listAfter('              code:\n                type: string\n                enum:')).toEqual([
      ...REJECT_CODES,
      ...SHED_CODES,
    ]);
    expect(listAfter('Status: { type: string, enum:')).toEqual([...STATUSES]);
  });
});

describe('the page on the WebSocket', () => {
  it('names each closing code, with 1009 that ws sends by itself, and no other', () => {
    const codes = [...websocket.matchAll(/^\| (\d{4}) \|/gm)].map(([, code]) => Number(code));
    expect(codes.sort()).toEqual([...Object.values(CLOSE), 1009].sort());
  });

  it('names each subprotocol', () => {
    const names = [...websocket.matchAll(/^\| `(hexfleet\.[^`]*)`/gm)].map(([, name]) => name);
    expect(names).toEqual(FRAME_CODECS.map(({ subprotocol }) => subprotocol));
  });

  it('names no code of an error that is none', () => {
    const [, codes = ''] = /^Codes are those of the HTTP problems: ([\s\S]*?)\n\n/m.exec(websocket) ?? [];
    const named = [...codes.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code as string);
    expect(named.length).toBeGreaterThan(3);
    for (const code of named) expect(Object.keys(PROBLEMS)).toContain(code);
  });
});
