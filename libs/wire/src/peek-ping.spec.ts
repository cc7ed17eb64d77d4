import { DEFAULT_STATUS, STATUSES } from '@hexfleet/ping';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Ping as ProtoPing, type Status as StatusCode } from './generated/hexfleet/v1/pings.js';
import { PROTO_FRAMES, UnreadPing } from './index.js';
import { peekPing } from './peek-ping.js';
import { decodeClientFrame } from './proto-client-frame.js';

const FLOAT = fc.float({ noNaN: true });
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const DRIVER_ID = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/);
const PING = fc.record({
  capturedAtMs: fc.nat({ max: 2 ** 53 - 1 }),
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  lng: fc.double({ min: -180, max: 180, noNaN: true }),
  seq: optional(fc.nat({ max: 2 ** 32 - 1 })),
  headingDeg: optional(FLOAT),
  speedMps: optional(FLOAT),
  accuracyM: optional(FLOAT),
  status: optional(fc.integer({ min: 0, max: STATUSES.length }) as fc.Arbitrary<StatusCode>),
  driverId: optional(DRIVER_ID),
  vehicleClass: optional(DRIVER_ID),
});

function bytesOf(ping: ProtoPing): Buffer {
  return Buffer.from(ProtoPing.encode(ping).finish());
}

function peek(bytes: Buffer) {
  return peekPing(bytes, 0, bytes.length);
}

/** The message as a frame of one ping. Pings of these tests are shorter than 16 KiB. */
function frameOf(ping: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x1a, 0x80 | (ping.length & 0x7f), ping.length >>> 7]), ping]);
}

/** What the full decoder makes of the message; undefined where it refuses it. */
function decoded(ping: Buffer) {
  try {
    const [one] = decodeClientFrame(frameOf(ping)).pings ?? [];
    if (one === undefined || one instanceof UnreadPing) return undefined;
    const { driverId, lat: latDeg, lng: lngDeg, capturedAtMs, status = DEFAULT_STATUS } = one;
    return { driverId, latDeg, lngDeg, capturedAtMs, status };
  } catch {
    return undefined;
  }
}

/** A look in passing may tell nothing. What it tells is what the decoder would. */
function expectNothingWrong(bytes: Buffer): void {
  const peeked = peek(bytes);
  if (peeked !== undefined) expect(peeked).toEqual(decoded(bytes));
}

describe('a look at the bytes of a ping', () => {
  it('tells of each ping that the encoder writes what the decoder would', () => {
    fc.assert(
      fc.property(PING, (ping) => {
        const bytes = bytesOf(ping);
        expect(peek(bytes)).toBeDefined();
        expect(peek(bytes)).toEqual(decoded(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  it('tells the same wherever in a message the ping lies', () => {
    fc.assert(
      fc.property(PING, fc.uint8Array(), fc.uint8Array(), (ping, before, after) => {
        const bytes = bytesOf(ping);
        const message = Buffer.concat([before, bytes, after]);
        expect(peekPing(message, before.length, before.length + bytes.length)).toEqual(peek(bytes));
      }),
    );
  });

  it('tells nothing of a ping without time or place, or of no place on earth', () => {
    fc.assert(
      fc.property(PING, fc.constantFrom('capturedAtMs', 'lat', 'lng'), (ping, missing) => {
        expect(peek(bytesOf({ ...ping, [missing]: undefined }))).toBeUndefined();
      }),
    );
    const ping = { capturedAtMs: 1, lat: 1, lng: 1 };
    for (const lat of [90.1, -91, Number.NaN, Number.POSITIVE_INFINITY])
      expect(peek(bytesOf({ ...ping, lat }))).toBeUndefined();
    for (const lng of [180.1, -181, Number.NaN]) expect(peek(bytesOf({ ...ping, lng }))).toBeUndefined();
  });

  it('tells nothing of a status that is not known', () => {
    for (const status of [5, 6, 100, 127, 128, 300] as number[] as StatusCode[]) {
      expect(peek(bytesOf({ capturedAtMs: 1, lat: 1, lng: 1, status }))).toBeUndefined();
    }
  });

  it('lets frames that are turned away in passing, and those that are not, have the same number of pings', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(PING, fc.boolean()), { minLength: 1, maxLength: 8 }), (drawn) => {
        const frame = Buffer.concat(drawn.map(([ping]) => frameOf(bytesOf(ping))));
        const wanted = drawn.map(([, isWanted]) => isWanted);
        const reading = PROTO_FRAMES.readClientFrame(frame, () => wanted.shift() ?? true);
        expect(reading.kind).toBe('pings');
        if (reading.kind !== 'pings') return;
        const read = reading.request.pings.map((ping) => !(ping instanceof UnreadPing));
        expect(read).toEqual(drawn.map(([, isWanted]) => isWanted));
      }),
    );
  });

  it('tells nothing wrong of a ping that is cut off', () => {
    fc.assert(
      fc.property(PING, fc.double({ min: 0, max: 1, noNaN: true }), (ping, share) => {
        const bytes = bytesOf(ping);
        expectNothingWrong(bytes.subarray(0, Math.floor(bytes.length * share)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('tells nothing wrong of foreign bytes', () => {
    fc.assert(
      fc.property(PING, fc.uint8Array({ maxLength: 24 }), fc.nat(60), (ping, foreign, at) => {
        const bytes = bytesOf(ping);
        expectNothingWrong(Buffer.concat([bytes.subarray(0, at), foreign, bytes.subarray(at)]));
        expectNothingWrong(Buffer.concat([bytes.subarray(0, 27), foreign]));
      }),
      { numRuns: 5_000 },
    );
  });

  it('tells nothing wrong of a ping whose fields come twice, or in another order', () => {
    fc.assert(
      fc.property(
        PING,
        PING,
        fc.shuffledSubarray(['seq', 'status', 'driverId', 'vehicleClass'] as const),
        (ping, more, order) => {
          const { capturedAtMs, lat, lng } = ping;
          const fields = order.map((name) => Buffer.from(ProtoPing.encode({ [name]: ping[name] } as never).finish()));
          expectNothingWrong(Buffer.concat([bytesOf({ capturedAtMs, lat, lng }), ...fields]));
          expectNothingWrong(Buffer.concat([bytesOf(ping), bytesOf(more)]));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
