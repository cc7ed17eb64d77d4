import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createMetrics, METRIC, PinoNestLogger } from './index.js';

describe('metric names', () => {
  it('are prefixed, different, and end in their unit or say what they count', () => {
    const names = Object.values(METRIC).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^hexfleet_[a-z_]+[a-z]$/);
  });

  it('keep those that conservation is checked by', () => {
    const contract = {
      pingsReceived: ['hexfleet_pings_received_total'],
      pingsRejected: ['hexfleet_pings_rejected_total', 'code'],
      pingsShed: ['hexfleet_pings_shed_total', 'code', 'status'],
      pingsCoalesced: ['hexfleet_pings_coalesced_total'],
      pingsAccepted: ['hexfleet_pings_accepted_total'],
      pingsUnavailable: ['hexfleet_pings_unavailable_total'],
      pingsWritten: ['hexfleet_pings_written_total', 'partition'],
      pingsSuperseded: ['hexfleet_pings_superseded_total', 'partition'],
      pingsExpired: ['hexfleet_pings_expired_total', 'partition'],
      partitionLagSeconds: ['hexfleet_partition_lag_seconds', 'partition'],
    } as const;
    for (const [key, [name, ...labels]] of Object.entries(contract)) {
      expect(METRIC[key as keyof typeof contract]).toMatchObject({ name, labels });
    }
  });
});

describe('metrics', () => {
  it('export counters, gauges and histograms', async () => {
    const metrics = createMetrics({ processMetrics: false });
    metrics.counter(METRIC.pingsRejected).inc({ code: 'future' }, 3);
    metrics.gauge(METRIC.gatewayOpenSockets).set(2);
    metrics.histogram(METRIC.publishSeconds).observe({ outcome: 'stored' }, 0.002);
    const text = await metrics.text();
    expect(text).toContain('hexfleet_pings_rejected_total{code="future"} 3\n');
    expect(text).toContain('hexfleet_gateway_open_sockets 2\n');
    expect(text).toContain('hexfleet_publish_seconds_bucket{le="0.0025",outcome="stored"} 1\n');
  });

  it('export totals that are kept elsewhere, as they stand at each scrape, and only those that are told', async () => {
    const metrics = createMetrics({ processMetrics: false });
    let rows = [
      { labels: { partition: 0 }, value: 1_000_000 },
      { labels: { partition: 1 }, value: 5 },
    ];
    metrics.observeTotals(METRIC.pingsWritten, () => rows);
    metrics.observeRows(METRIC.partitionLagSeconds, () => rows);
    metrics.observe(METRIC.writerPartitions, () => rows.length);
    await metrics.text();
    rows = [{ labels: { partition: 0 }, value: 1_000_007 }];
    const text = await metrics.text();
    expect(text).toContain('# TYPE hexfleet_pings_written_total counter\n');
    expect(text).toContain('hexfleet_pings_written_total{partition="0"} 1000007\n');
    expect(text).toContain('hexfleet_partition_lag_seconds{partition="0"} 1000007\n');
    expect(text).toContain('hexfleet_writer_partitions 1\n');
    expect(text).not.toContain('partition="1"');
  });

  it('tell about the process', async () => {
    expect(await createMetrics().text()).toMatch(/^nodejs_eventloop_lag_seconds /m);
  });
});

describe('the log that Nest writes to', () => {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(line, _, done) {
      lines.push(JSON.parse(String(line)));
      done();
    },
  });
  const nest = new PinoNestLogger(pino({ level: 'debug', base: null }, sink));
  const last = () => lines.at(-1);

  it('keeps the context, and Nest`s commentary out of the way', () => {
    nest.log('hello', 'Gateway');
    expect(last()).toMatchObject({ level: 30, msg: 'hello', context: 'Gateway' });
    nest.log('Mapped {/v1/pings, POST} route', 'RouterExplorer');
    expect(last()).toMatchObject({ level: 20, context: 'RouterExplorer' });
    nest.log({ a: 1 });
    expect(last()).toMatchObject({ level: 30, msg: '{"a":1}' });
  });

  it('keeps stacks and errors', () => {
    nest.error('broken', 'Error: broken\n    at somewhere', 'Gateway');
    expect(last()).toMatchObject({
      level: 50,
      msg: 'broken',
      context: 'Gateway',
      stack: expect.stringContaining('at '),
    });
    nest.warn(new Error('inner'));
    expect(last()).toMatchObject({ level: 40, msg: 'inner', err: { message: 'inner' } });
  });
});
