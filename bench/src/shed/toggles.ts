import { setTimeout as sleep } from 'node:timers/promises';
import { Drill, driversFor } from '../drill/drill.js';
import { MetricsPage } from '../drill/metrics-page.js';
import { quantileOf } from '../drill/quantile.js';
import type { Figure } from '../figure.js';
import type { AddedGateway } from '../services/added-gateway.js';
import { conservationOf } from './conservation.js';
import { alone, type ShedPart } from './part.js';

interface Scale {
  readonly writerLimit: number;
  readonly changes: number;
}

const FULL: Scale = { writerLimit: 2_000, changes: 200 };
const TINY: Scale = { writerLimit: 200, changes: 3 };
const TIMES = 2;
const TTL_MS = 60_000;
const CHANGE_EVERY_MS = 200;
const POLL_MS = 10;
/** By then a change counts as lost. */
const PATIENCE_MS = 3_000;
const MOST_SHED_LEVEL = 0.5;

export const TOGGLES: ShedPart = {
  name: 'toggles',
  bound: [
    'A change is written to NATS, which tells each gateway: some 5 ms. It is seen by asking each for its metrics every 10 ms,',
    'which under load takes as long again: 20 to 30 ms. A gateway that missed it looks once a second.',
  ],
  run: async ({ tiny, say }) => {
    const { writerLimit, changes } = tiny ? TINY : FULL;
    const groups = [{ name: 'fleet', drivers: driversFor(TIMES * writerLimit) }];
    return Drill.run({ writerLimit, ttlMs: TTL_MS }, async (drill) => {
      const added = [await drill.addGateway(), await drill.addGateway()] as const;
      const fleet = await drill.openFleet({ groups });
      fleet.offer('fleet');
      const delaysMs: number[] = [];
      for (let change = 1; change <= changes; change++) delaysMs.push(await toggle(drill, change));
      const known = delaysMs.filter(Number.isFinite);
      const audited = await auditedChanges(drill, changes);
      fleet.offer();
      const missing = await conservationOf(drill);
      const version = await versionOf(drill.hexfleet.gatewayUrl);
      const isBack = await comesBackWith(version, added[0]);
      say(
        `  ${known.length} of ${changes} seen, at most after ${Math.max(...known).toFixed(0)} ms; ${audited} in the audit`,
      );
      say(`  not accounted for: ${missing.atGateways} pings at gateways, ${missing.atWriter} at the writer`);
      return figuresOf(changes, { known, audited, missing, isBack });
    });
  },
};

/** Changes the policy, and tells after how many ms all gateways ran it; Infinity where one never did. */
async function toggle({ operator, gatewayUrls }: Drill, change: number): Promise<number> {
  const startedAtMs = performance.now();
  const mode = (['fixed', 'adaptive', 'off'] as const)[change % 3] ?? 'adaptive';
  const fixedLevel = (MOST_SHED_LEVEL * (change % 10)) / 10;
  const version = await operator.change({ mode, fixedLevel }, reasonOf(change));
  const delaysMs = await Promise.all(
    gatewayUrls.map(async (url) => {
      while (performance.now() - startedAtMs < PATIENCE_MS) {
        if ((await versionOf(url)) === version) return performance.now() - startedAtMs;
        await sleep(POLL_MS);
      }
      return Number.POSITIVE_INFINITY;
    }),
  );
  await sleep(Math.max(0, CHANGE_EVERY_MS - (performance.now() - startedAtMs)));
  return Math.max(...delaysMs);
}

/** How many of the changes the audit has, each at its place, with its reason and with what it changed. */
async function auditedChanges({ operator }: Drill, changes: number): Promise<number> {
  const entries = (await operator.audit(changes)).toReversed();
  return entries.filter(({ reason, changes: told }, index) => reason === reasonOf(index + 1) && told.length > 0).length;
}

async function comesBackWith(version: number, gateway: AddedGateway): Promise<boolean> {
  await gateway.stop();
  await gateway.start();
  return (await versionOf(gateway.url)) === version;
}

async function versionOf(url: string): Promise<number> {
  return (await MetricsPage.of(url)).greatest('hexfleet_policy_version');
}

function reasonOf(change: number): string {
  return `change ${change} of a drill`;
}

interface Outcome {
  readonly known: readonly number[];
  readonly audited: number;
  readonly missing: { readonly atGateways: number; readonly atWriter: number };
  readonly isBack: boolean;
}

function figuresOf(changes: number, { known, audited, missing, isBack }: Outcome): Figure[] {
  const name = `${changes} changes, 3 gateways`;
  return [
    alone(name, 'on all gateways after, median', 'ms', quantileOf(known, 0.5)),
    alone(name, 'on all gateways after, at most', 'ms', quantileOf(known, 1)),
    alone(name, 'lost', 'changes', changes - known.length),
    alone(name, 'missing in the audit', 'changes', changes - audited),
    alone(name, 'received and not accounted for, over the gateways', 'pings', missing.atGateways),
    alone(name, 'accepted and not accounted for by the writer', 'pings', missing.atWriter),
    alone(name, 'a restarted gateway runs the policy in force', 'of 1', Number(isBack)),
  ];
}
