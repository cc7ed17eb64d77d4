import { STATUSES } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ClientFrame as ProtoClientFrame, type Status as StatusCode } from './generated/hexfleet/v1/pings.js';
import {
  type ClientFrame,
  FRAME_CODECS,
  JSON_FRAMES,
  MAX_REQUEST_PINGS,
  PROTO_FRAMES,
  type ServerFrame,
} from './index.js';
import { decodeClientFrame } from './proto-client-frame.js';

const TIME = fc.nat({ max: 2 ** 48 - 1 });
const UINT32 = fc.nat({ max: 2 ** 32 - 1 });
const FLOAT = fc.float({ noNaN: true });
const ASCII = fc.string({ unit: 'binary-ascii', maxLength: 20 });
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

const PROTO_PING = fc.record({
  capturedAtMs: TIME,
  lat: fc.double({ noNaN: true }),
  lng: fc.double({ noNaN: true }),
  seq: optional(UINT32),
  headingDeg: optional(FLOAT),
  speedMps: optional(FLOAT),
  accuracyM: optional(FLOAT),
  status: optional(fc.integer({ min: 0, max: 7 }) as fc.Arbitrary<StatusCode>),
  driverId: optional(ASCII),
  vehicleClass: optional(ASCII),
});
const PROTO_FRAME = fc.record({
  frameSeq: optional(UINT32),
  sentAtMs: optional(TIME),
  pings: fc.array(PROTO_PING, { maxLength: 8 }),
  auth: optional(ASCII),
});

/** What the decoder by hand should make of what the generated one says: a status by its word, no pings where there are none. */
function inJsonsNames({ frameSeq, sentAtMs, auth, pings }: ProtoClientFrame) {
  const named = pings.map(({ status, ...ping }) => ({
    ...{ ...ping, status: status === undefined || status === 0 ? undefined : (STATUSES[status - 1] ?? status) },
  }));
  return { frameSeq, sentAtMs, auth, pings: named.length === 0 ? undefined : named };
}

/** A field with a tag that the schema doesn't know: number 100, length-delimited. */
const UNKNOWN_FIELD = Buffer.from([0xa2, 0x06, 0x03, 1, 2, 3]);

describe('the decoder by hand', () => {
  it('reads what the generated encoder writes just as the generated decoder does, unknown fields or not', () => {
    fc.assert(
      fc.property(PROTO_FRAME, fc.boolean(), (frame, isNewer) => {
        const bytes = Buffer.from(ProtoClientFrame.encode(frame).finish());
        const message = isNewer ? Buffer.concat([UNKNOWN_FIELD, bytes, UNKNOWN_FIELD]) : bytes;
        expect(decodeClientFrame(message)).toEqual(inJsonsNames(ProtoClientFrame.decode(message)));
      }),
      { numRuns: 500 },
    );
  });

  it('calls a frame that is cut off anywhere undecodable, or reads what is whole of it', () => {
    fc.assert(
      fc.property(PROTO_FRAME, fc.double({ min: 0, max: 1, noNaN: true }), (frame, share) => {
        const bytes = Buffer.from(ProtoClientFrame.encode(frame).finish());
        const cut = bytes.subarray(0, Math.floor(bytes.length * share));
        const reading = PROTO_FRAMES.readClientFrame(cut);
        if (reading.kind === 'pings') expect(reading.request.pings.length).toBeLessThanOrEqual(frame.pings.length);
      }),
    );
  });

  it('does not make an object of each of a frame full of pings', () => {
    const message = Buffer.from(Array(100_000).fill([0x1a, 0]).flat());
    expect(decodeClientFrame(message).pings).toHaveLength(MAX_REQUEST_PINGS + 1);
    expect(PROTO_FRAMES.readClientFrame(message)).toMatchObject({ kind: 'invalid' });
  });
});

describe.each(FRAME_CODECS)('frames in $subprotocol', (codec) => {
  it('are values, whatever the bytes', () => {
    const kinds = new Set(['pings', 'auth', 'invalid', 'undecodable']);
    const mangled = fc.tuple(PROTO_FRAME, fc.nat(), fc.nat({ max: 255 })).map(([frame, at, byte]) => {
      const bytes = Buffer.from(
        codec === PROTO_FRAMES ? ProtoClientFrame.encode(frame).finish() : JSON.stringify(frame),
      );
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    });
    const garbage = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(mangled, garbage), (message) => {
        expect(kinds).toContain(codec.readClientFrame(message).kind);
      }),
      { numRuns: 1_000 },
    );
  });

  it('say what the client said', () => {
    const ping = { lat: 37.5, lng: -122.5, capturedAtMs: 1_700_000_000_000, seq: 7, status: 'idle', driverId: 'd-1' };
    const frames: ClientFrame[] = [
      { frameSeq: 0, sentAtMs: 1_700_000_000_500, pings: [ping, { ...ping, speedMps: 8.5 }] },
      { frameSeq: 2 ** 32 - 1, auth: 'token' },
    ];
    const [pings, auth] = frames.map((frame) => codec.readClientFrame(Buffer.from(codec.writeClientFrame(frame))));
    const expected = [expect.objectContaining(ping), expect.objectContaining({ ...ping, speedMps: 8.5 })];
    expect(pings).toEqual({ kind: 'pings', frameSeq: 0, request: { sentAtMs: 1_700_000_000_500, pings: expected } });
    expect(auth).toEqual({ kind: 'auth', frameSeq: 2 ** 32 - 1, token: 'token' });
  });

  it('say what the server said', () => {
    const answer = { accepted: 1, coalesced: 2, shed: 3, rejected: 4, unavailable: 5 };
    const frames: ServerFrame[] = [
      {
        frameSeq: 1,
        ...answer,
        results: [
          { index: 0, outcome: 'rejected', code: 'future' },
          { index: 3, outcome: 'coalesced' },
        ],
        next: { afterMs: 4_000, minMoveM: 25 },
      },
      { frameSeq: 2, authExpiresAtMs: 1_700_000_000_000 },
      { frameSeq: 3, error: { code: 'forbidden', title: 'No', status: 403, detail: 'why' } },
      { goingAway: { reconnectAfterMs: 3_817 } },
    ];
    for (const frame of frames) {
      expect(codec.readServerFrame(Buffer.from(codec.writeServerFrame(frame)))).toEqual(frame);
    }
  });
});

describe('a frame in JSON', () => {
  const read = (frame: unknown) => JSON_FRAMES.readClientFrame(Buffer.from(JSON.stringify(frame)));

  it('may say null for what it leaves out', () => {
    const pings = [{ lat: 1, lng: 2, capturedAtMs: 3 }];
    const request = { pings, sentAtMs: undefined };
    expect(read({ frameSeq: null, sentAtMs: null, auth: null, pings })).toEqual({
      ...{ kind: 'pings', frameSeq: undefined, request },
    });
    expect(read({ frameSeq: 1, auth: 't', pings: null })).toEqual({ kind: 'auth', frameSeq: 1, token: 't' });
  });

  it.each([
    [[], undefined],
    [{ frameSeq: -1, pings: [] }, undefined],
    [{ frameSeq: 1 }, 1],
    [{ frameSeq: 1, pings: [], auth: 't' }, 1],
    [{ frameSeq: 1, pings: [0], sentAtMs: 1.5 }, 1],
  ])('%j is none', (frame, frameSeq) => {
    expect(read(frame)).toMatchObject({ kind: 'invalid', frameSeq });
  });
});
