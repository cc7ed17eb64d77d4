import type { GatewaySignals } from '@hexfleet/load-shedding';
import { table } from './text-table.js';

/** `GET /v1/pressure`. */
export interface Pressure {
  readonly asOfMs: number;
  readonly silent: boolean;
  readonly silenceStretch: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly writer: string;
    readonly lagSeconds: number;
    readonly share: number;
    readonly backlogMessages: number;
    readonly written: number;
    readonly superseded: number;
    readonly expired: number;
  }[];
  readonly gateways: readonly GatewaySignals[];
}

/** The pressure as a table for the terminal: gateways, then the partitions that lag most, at most `maxPartitions`. */
export function pressureLines(pressure: Pressure, maxPartitions: number): string[] {
  const { asOfMs, silent, silenceStretch, partitions, gateways } = pressure;
  const byLag = [...partitions].sort((a, b) => b.lagSeconds - a.lagSeconds || a.partition - b.partition);
  const shown = byLag.slice(0, maxPartitions);
  const hidden = byLag.length - shown.length;
  return [
    `${new Date(asOfMs).toISOString()}  bounds on silence ${stretch(silenceStretch)}${silent ? '  SOME PARTITIONS ARE SILENT' : ''}`,
    '',
    ...table(
      ['gateway', 'policy', 'stage', 'own share', 'loop', 'ack', 'buffered', 'silence'],
      gateways.map((gateway) => [
        gateway.gateway,
        String(gateway.policyVersion),
        gateway.stage,
        percent(gateway.ownShare),
        percent(gateway.loopUtilization),
        `${Math.round(gateway.publishAckMs)} ms`,
        `${Math.round(gateway.bufferedBytes / 1_024)} KiB`,
        stretch(Math.max(1, ...gateway.partitions.map(({ silenceStretch: one }) => one))),
      ]),
    ),
    '',
    ...table(
      ['partition', 'lag', 'share', 'backlog', 'written', 'superseded', 'expired', 'writer'],
      shown.map((row) => [
        String(row.partition),
        `${row.lagSeconds.toFixed(2)} s`,
        percent(row.share),
        ...[row.backlogMessages, row.written, row.superseded, row.expired].map((count) =>
          count.toLocaleString('en-US'),
        ),
        row.writer,
      ]),
    ),
    ...(hidden > 0 ? [`and ${hidden} more that lag less`] : []),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function stretch(factor: number): string {
  return factor <= 1 ? 'hold' : `×${factor.toFixed(2)}`;
}
