import type { OverloadStage } from '@hexfleet/load-shedding';
import { JSON_FRAMES, type PingAnswer, PROTO_FRAMES } from '@hexfleet/wire';
import { describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { until } from '../../../../test/harness/until.js';
import { tellShare } from '../shedding/calm-shedding.fixture.js';
import { Client, Gateway, PLACE, tokenOf } from './gateway.fixture.js';
import { STREAM_PATH } from './upgrade-request.js';

/** A gateway whose event loop has been seen busy until it went to a stage. */
async function gatewayAt(stage: OverloadStage): Promise<Gateway> {
  const gateway = await Gateway.start();
  const { ladder } = gateway.shedding.pressure;
  for (let nowMs = Date.now(); ladder.stage !== stage; nowMs += 500) ladder.update(nowMs, 1, 0.5);
  return gateway;
}

const fleetToken = tokenOf({}, 3_600);
const HEARD_AT_MS = Date.now() - 5_000;
const pingOf = (driverId: string) => ({ ...PLACE, driverId, capturedAtMs: Date.now() });

describe('where owners tell of pressure', () => {
  it('pings are shed to the share that they tell, with a code and a hint', async () => {
    const gateway = await Gateway.start();
    const client = await Client.open(gateway, await fleetToken);
    tellShare(gateway.shedding, 4, 0.005);
    gateway.shedding.pressure.tick();
    client.ping(100);
    await until('an answer', () => client.told.length > 0);
    const [answer] = client.told as readonly unknown[] as readonly PingAnswer[];
    expect(answer?.shed).toBeGreaterThan(50);
    expect(answer?.results.every(({ code }) => code === 'low_value')).toBe(true);
    expect(answer?.next.afterMs).toBeGreaterThan(4_000);
    const { received, accepted, shed } = gateway.tally;
    expect(received).toBe(accepted + Object.values(shed.low_value).reduce((sum, pings) => sum + pings, 0));
  });
});

describe('at the stage decide_before_decoding', () => {
  const shedAll = (gateway: Gateway) => {
    for (let partition = 0; partition < 4; partition++) gateway.shedding.shedder.tunePartition(partition, 0);
  };

  /** Drivers d-1 and d-2 have been heard, and from then on nothing is admitted. */
  async function clientOfKnown(gateway: Gateway): Promise<Client> {
    const client = await Client.open(gateway, await fleetToken, PROTO_FRAMES);
    const heard = [pingOf('d-1'), { ...pingOf('d-2'), status: 'idle' }].map((ping) => ({
      ...ping,
      capturedAtMs: HEARD_AT_MS,
    }));
    client.socket.send(PROTO_FRAMES.writeClientFrame({ frameSeq: 1, pings: heard }));
    await until('they are heard', () => client.told.length > 0);
    expect(client.told[0]).toMatchObject({ accepted: 2 });
    shedAll(gateway);
    return client;
  }

  it('binary pings that are shed are never decoded: what is wrong with them is not seen, and they are in the books', async () => {
    const gateway = await gatewayAt('decide_before_decoding');
    const client = await clientOfKnown(gateway);
    // A vehicle class that is none: the fault of a ping that is decoded.
    const pings = [
      { ...pingOf('d-1'), vehicleClass: '!' },
      { ...pingOf('d-2'), status: 'idle' },
    ];
    client.socket.send(PROTO_FRAMES.writeClientFrame({ frameSeq: 2, pings }));
    await until('an answer', () => client.told.length > 1);
    expect(client.told[1]).toMatchObject({
      ...{ shed: 2, rejected: 0 },
      results: [
        { index: 0, outcome: 'shed', code: 'overload' },
        { index: 1, outcome: 'shed', code: 'overload' },
      ],
    });
    expect(gateway.tally.shed.overload).toMatchObject({ available: 1, idle: 1 });
    expect(gateway.tally.received).toBe(4);
  });

  it('pings of drivers never heard, and pings no newer than the last, are decoded and judged', async () => {
    const gateway = await gatewayAt('decide_before_decoding');
    const client = await clientOfKnown(gateway);
    const pings = [
      { ...pingOf('d-3'), vehicleClass: '!' },
      pingOf('d-4'),
      { ...pingOf('d-1'), capturedAtMs: HEARD_AT_MS },
      { ...pingOf('d-1'), capturedAtMs: HEARD_AT_MS - 1_000 },
    ];
    client.socket.send(PROTO_FRAMES.writeClientFrame({ frameSeq: 2, pings }));
    await until('an answer', () => client.told.length > 1);
    expect(client.told[1]).toMatchObject({
      results: [{ code: 'bad_field' }, { code: 'low_value' }, { code: 'duplicate' }, { code: 'out_of_order' }],
    });
  });

  it('pings that are implausible at the first look are decoded, and rejected for what is wrong with them', async () => {
    const gateway = await gatewayAt('decide_before_decoding');
    const client = await Client.open(gateway, await fleetToken, PROTO_FRAMES);
    shedAll(gateway);
    const pings = [
      { ...pingOf('d-1'), capturedAtMs: Date.now() + 3_600_000 },
      { ...pingOf('d-2'), lat: Number.NaN },
    ];
    client.socket.send(PROTO_FRAMES.writeClientFrame({ frameSeq: 1, pings }));
    await until('an answer', () => client.told.length > 0);
    expect(client.told[0]).toMatchObject({ rejected: 2, results: [{ code: 'future' }, { code: 'bad_coordinates' }] });
  });

  it('pings that are admitted are counted once', async () => {
    const gateway = await gatewayAt('decide_before_decoding');
    const client = await Client.open(gateway, await fleetToken, PROTO_FRAMES);
    client.socket.send(PROTO_FRAMES.writeClientFrame({ frameSeq: 1, pings: [pingOf('d-1'), pingOf('d-2')] }));
    await until('an answer', () => client.told.length > 0);
    expect(client.told[0]).toMatchObject({ accepted: 2, shed: 0 });
  });
});

describe('at the stage read_slower', () => {
  it('a socket rests after a frame, and goes on', async () => {
    const gateway = await gatewayAt('read_slower');
    const client = await Client.open(gateway, await fleetToken, JSON_FRAMES);
    // More than what a socket has read already when it is told to rest.
    for (let frame = 0; frame < 40; frame++) client.ping(400);
    await until('the first is answered', () => client.told.length > 0);
    expect(client.told.length).toBeLessThan(40);
    expect(gateway.stream.frames).toBeLessThan(40);
    const { ladder } = gateway.shedding.pressure;
    for (let nowMs = Date.now() + 60_000; ladder.isAt('read_slower'); nowMs += 1_000) ladder.update(nowMs, 0, 1);
    await until('all are answered', () => client.told.length === 40);
  });
});

describe('at the stage refuse_connections', () => {
  it('an upgrade is answered 503 with Retry-After, and an open socket is served', async () => {
    const gateway = await Gateway.start();
    const open = await Client.open(gateway, await fleetToken);
    const { ladder } = gateway.shedding.pressure;
    for (let nowMs = Date.now(); ladder.stage !== 'refuse_connections'; nowMs += 500) ladder.update(nowMs, 1, 0.5);
    const refused = new WebSocket(`ws://127.0.0.1:${gateway.port}${STREAM_PATH}`, {
      headers: { authorization: `Bearer ${await fleetToken}` },
    });
    refused.on('error', () => {});
    const response = await new Promise<{ statusCode?: number; headers: Record<string, unknown> }>((resolve) => {
      refused.on('unexpected-response', (_, answer) => resolve(answer));
    });
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '7']);
    open.ping();
    await until('an answer', () => open.told.length > 0);
    expect(open.told[0]).toMatchObject({ accepted: 1 });
  });
});
