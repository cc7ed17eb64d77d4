/**
 * A simulated fleet in a process of its own, so that its CPU is not the service's. Its one argument is a `FleetPlan`; it says
 * 'ready', follows each `FleetOrder`, sends nothing more once its time is over, and ends when its parent lets go.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DealtSockets } from './dealt-sockets.js';
import { DrivingGroup } from './driving-group.js';
import { FleetBooks, type Reading } from './fleet-books.js';
import type { FleetOrder, FleetPlan } from './fleet-plan.js';
import { fatesOf, ObedientPhones } from './fleet-replies.js';

const PACE_STEP_MS = 5;
/** More pings without an answer than this are not sent: a gateway that stands still must not fill this process. */
const MOST_UNDER_WAY = 60_000;

const plan: FleetPlan = JSON.parse(process.argv[2] ?? '');
const sockets = new DealtSockets(plan);
const books = new FleetBooks();
const phones = new ObedientPhones(plan);
const startedAtMs = Date.now();
const groups = new Map(
  plan.groups.map((group, index) => [group.name, new DrivingGroup(group, index + 1, plan.intervalMs, startedAtMs)]),
);
let pingsUnderWay = 0;
let isOver = false;

process.on('message', (order: FleetOrder) => {
  if (order.kind === 'offer') for (const [name, group] of groups) group.isDriving = order.groups.includes(name);
  else if (order.kind === 'bounds') books.maxSilenceMs = order.maxSilenceMs;
  else process.send?.(books.report());
});
await sockets.connect();
process.send?.('ready');
const parentGone = once(process, 'disconnect').then(() => {
  isOver = true;
});
while (!isOver && Date.now() - startedAtMs < plan.mostSeconds * 1_000) {
  const due = dueReadings(Date.now());
  for (let at = 0; at < due.length; at += plan.pingsAtOnce) send(due.slice(at, at + plan.pingsAtOnce));
  await sleep(PACE_STEP_MS);
}
await parentGone;
await sockets.close();

function dueReadings(nowMs: number): Reading[] {
  const due: Reading[] = [];
  for (const group of groups.values()) {
    for (const reading of group.readings(nowMs)) {
      if (phones.holdBack(reading)) books.keep(reading, 'heldBack');
      else if (pingsUnderWay + due.length >= MOST_UNDER_WAY) books.keep(reading, 'skipped');
      else due.push(reading);
    }
  }
  return due;
}

function send(pings: readonly Reading[]): void {
  const leftAtMs = Date.now();
  pingsUnderWay += pings.length;
  void sockets.send(pings).then((reply) => {
    pingsUnderWay -= pings.length;
    phones.noteReply(pings, reply);
    books.settle(pings, fatesOf(pings, reply), leftAtMs);
  });
}
