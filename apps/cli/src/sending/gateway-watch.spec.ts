import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AnswerTally, type GatewayReply, GatewaySocket, PingLane } from '@hexfleet/ping-client';
import { describe, expect, it } from '@jest/globals';
import { UserError } from '../user-error.js';
import { GatewayWatch, throwWhatKeptAnswersAway } from './gateway-watch.js';

const NEXT = { afterMs: 0, minMoveM: 0 };
const COUNTS = { accepted: 1, coalesced: 0, shed: 0, rejected: 0, unavailable: 0 };
const ANSWERED: GatewayReply = { kind: 'answered', answer: { ...COUNTS, results: [], next: NEXT } };
const LOST: GatewayReply = { kind: 'lost', detail: 'closed with 1006' };
const SENT = { frame: 1, pings: [], leftAtMs: 0 };

function watching(gatewayUrl = 'http://gateway') {
  const lines: string[] = [];
  const stop = new AbortController();
  const say = (line: string) => void lines.push(line);
  return { lines, stop, watch: new GatewayWatch({ gatewayUrl, stop: stop.signal, say }) };
}

/** An address where nothing listens any more. */
async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe('watching for answers', () => {
  it('says why none come at the first failure, once, and ends with the reason', async () => {
    const gatewayUrl = await deadUrl();
    const { lines, watch } = watching(gatewayUrl);
    const tally = new AnswerTally();
    const carrier = new GatewaySocket({ gatewayUrl, token: 't' });
    const rest = { retries: 3, firstRetryWaitMs: 1, onReply: watch.noteReply };
    const lane = new PingLane({ carrier, tally, ...rest });
    lane.push({ lat: 1, lng: 2, capturedAtMs: 3 });
    await lane.drained();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^nothing answers at ${gatewayUrl} \\(.*ECONNREFUSED.*\\), trying again …$`));
    const end = () => throwWhatKeptAnswersAway(tally, watch);
    expect(end).toThrow(UserError);
    expect(end).toThrow(/left 1 pings without an answer: .*ECONNREFUSED/);
  });

  it('says when answers cease and when they come again', () => {
    const { lines, watch } = watching();
    for (const reply of [ANSWERED, LOST, LOST, ANSWERED, ANSWERED, LOST]) watch.noteReply(SENT, reply);
    const ceased = 'no answers come any more from http://gateway (closed with 1006), trying again …';
    expect(lines).toEqual([ceased, 'http://gateway answers.', ceased]);
  });

  it('is quiet about what is cut off when it is told to stop, and where all was answered', () => {
    const { lines, stop, watch } = watching();
    watch.noteReply(SENT, ANSWERED);
    stop.abort();
    watch.noteReply(SENT, LOST);
    expect(lines).toEqual([]);
    const tally = new AnswerTally();
    tally.gaveUp(1, 'unanswered');
    expect(() => throwWhatKeptAnswersAway(tally, watch)).not.toThrow();
  });
});
