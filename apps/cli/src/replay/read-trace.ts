import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type ParsedTrace, parseTrace, TraceFormatError } from '@hexfleet/trace';
import { UserError } from '../user-error.js';

/** A trace is held whole while it is replayed: 256 MB are about five million rows. */
const MAX_TRACE_BYTES = 256 * 1024 * 1024;
const GZIP_MAGIC = 0x1f8b;

/** Reads a trace, gzipped or not, whatever the file is called. @throws UserError when it can't be read or is none. */
export function readTrace(path: string): ParsedTrace {
  try {
    const bytes = readFileSync(path);
    const isGzip = bytes.length > 2 && bytes.readUInt16BE(0) === GZIP_MAGIC;
    const text = isGzip ? gunzipSync(bytes, { maxOutputLength: MAX_TRACE_BYTES }) : bytes;
    if (text.length > MAX_TRACE_BYTES) throw new UserError(`${path} is larger than ${MAX_TRACE_BYTES} bytes.`);
    return parseTrace(text.toString('utf8'));
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof TraceFormatError ? 'is no trace' : "can't be read";
    throw new UserError(`${path} ${reason}: ${(error as Error).message}`);
  }
}
