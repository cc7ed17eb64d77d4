/**
 * The packed record of a driver's newest ping: what the stream carries and what Redis keeps, byte for byte, so that the
 * writer copies and never re-encodes. 30 bytes (29 and its terminator fit Redis's 32-byte allocation). Pure.
 */
export * from './packed-record.js';
