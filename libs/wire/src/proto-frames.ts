import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { OUTCOMES, STATUSES } from '@hexfleet/ping';
import { type ClientFrameReading, type FrameCodec, readDecodedFrame } from './frame-codec.js';
import type { ClientFrame, PingAnswer, PingResult, ServerFrame, WirePing } from './frames.js';
import {
  type Outcome as OutcomeCode,
  ClientFrame as ProtoClientFrame,
  type Ping as ProtoPing,
  type Result as ProtoResult,
  ServerFrame as ProtoServerFrame,
  type Status as StatusCode,
} from './generated/hexfleet/v1/pings.js';
import { decodeClientFrame } from './proto-client-frame.js';
import type { UnreadGate } from './unread-ping.js';

/** A frame is one binary message that holds one message of proto/hexfleet/v1/pings.proto. */
export const PROTO_FRAMES: FrameCodec = {
  subprotocol: 'hexfleet.v1.proto',
  isBinary: true,
  readClientFrame,
  writeServerFrame,
  writeClientFrame,
  readServerFrame,
};

/** Frames are written at one go, so all of them may share a writer, and its buffer is grown once. */
const WRITER = new BinaryWriter();
const NO_ANSWER = { counts: undefined, results: [], next: undefined, error: undefined, goingAway: undefined };

interface Encoder<Message> {
  encode(message: Message, writer: BinaryWriter): BinaryWriter;
}

function readClientFrame(message: Buffer, gate?: UnreadGate): ClientFrameReading {
  try {
    return readDecodedFrame(decodeClientFrame(message, gate));
  } catch {
    return { kind: 'undecodable', detail: 'not a hexfleet.v1.ClientFrame' };
  }
}

function writeServerFrame(frame: ServerFrame): Uint8Array {
  if ('results' in frame) return encoded(ProtoServerFrame, protoAnswerOf(frame.frameSeq, frame));
  if ('goingAway' in frame) return encoded(ProtoServerFrame, { ...NO_ANSWER, goingAway: frame.goingAway });
  const { frameSeq } = frame;
  if ('error' in frame) return encoded(ProtoServerFrame, { ...NO_ANSWER, frameSeq, error: frame.error });
  return encoded(ProtoServerFrame, { ...NO_ANSWER, frameSeq, authExpiresAtMs: frame.authExpiresAtMs });
}

/** Fields one by one: rest and spread would take ten times as long as the encoding. */
function protoAnswerOf(frameSeq: number | undefined, answer: PingAnswer): ProtoServerFrame {
  const { accepted, coalesced, shed, rejected, unavailable, results, next } = answer;
  return {
    frameSeq,
    counts: { accepted, coalesced, shed, rejected, unavailable },
    results: results.map(protoResultOf),
    next,
    error: undefined,
    goingAway: undefined,
    authExpiresAtMs: undefined,
  };
}

function protoResultOf({ index, outcome, code }: PingResult): ProtoResult {
  return { index, outcome: (OUTCOMES.indexOf(outcome) + 1) as OutcomeCode, code: code ?? '' };
}

function writeClientFrame(frame: ClientFrame): Uint8Array {
  const { frameSeq } = frame;
  if ('auth' in frame) return encoded(ProtoClientFrame, { frameSeq, pings: [], auth: frame.auth });
  return encoded(ProtoClientFrame, { frameSeq, sentAtMs: frame.sentAtMs, pings: frame.pings.map(protoPingOf) });
}

function protoPingOf(ping: WirePing): ProtoPing {
  const { capturedAtMs, lat, lng, seq, headingDeg, speedMps, accuracyM, status, driverId, vehicleClass } = ping;
  const statusCode = status === undefined ? undefined : statusCodeOf(status);
  return { capturedAtMs, lat, lng, seq, headingDeg, speedMps, accuracyM, status: statusCode, driverId, vehicleClass };
}

/** A status that isn't known goes as a code that isn't known: the server is the one to say so. */
function statusCodeOf(status: string): StatusCode {
  const rank = (STATUSES as readonly string[]).indexOf(status);
  return (rank < 0 ? STATUSES.length : rank) + 1;
}

function readServerFrame(message: Buffer): ServerFrame {
  const { frameSeq, counts, results, next, error, goingAway, authExpiresAtMs } = ProtoServerFrame.decode(message);
  if (goingAway !== undefined) return { goingAway };
  const head = frameSeq === undefined ? {} : { frameSeq };
  if (error !== undefined) {
    const { code, title, status, detail } = error;
    return { ...head, error: { code, title, status, ...(detail !== undefined && { detail }) } };
  }
  if (authExpiresAtMs !== undefined) return { ...head, authExpiresAtMs };
  if (counts === undefined || next === undefined) throw new Error('a server frame that answers nothing');
  return { ...head, ...counts, results: results.map(resultOf), next };
}

function resultOf({ index, outcome, code }: ProtoResult): PingResult {
  const head = { index, outcome: OUTCOMES[outcome - 1] as PingResult['outcome'] };
  return code === '' ? head : { ...head, code: code as NonNullable<PingResult['code']> };
}

function encoded<Message>(type: Encoder<Message>, message: Message): Uint8Array {
  try {
    return type.encode(message, WRITER).finish();
  } catch (error) {
    // A value of a wrong type stopped the encoder half way: what it wrote must not begin the next frame.
    WRITER.finish();
    throw error;
  }
}
