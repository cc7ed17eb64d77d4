import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningHexfleet } from '../harness/index.js';

export interface OwnersView {
  readonly partitions: readonly { readonly partition: number; readonly writer: string }[];
  /** Partitions that no writer says it writes. */
  readonly unowned: readonly number[];
}

/** Longer than lies between two beats of a writer: what still moves looks different after it. */
const SETTLING_MS = 1_000;

/** Who owns what, as operators see it. @throws when ops does not answer. */
export async function ownersOf({ ready }: RunningHexfleet): Promise<OwnersView> {
  const headers = { authorization: `Bearer ${ready.tokens.viewer}` };
  const response = await fetch(`${ready.ops}/v1/partitions`, { headers });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as OwnersView;
}

/** The same where all partitions are owned and stay where they are for a moment; undefined where they don't. */
export async function settledOwnersOf(hexfleet: RunningHexfleet): Promise<OwnersView | undefined> {
  const before = await ownersOf(hexfleet).catch(() => undefined);
  await sleep(SETTLING_MS);
  const now = await ownersOf(hexfleet).catch(() => undefined);
  if (before === undefined || now === undefined || now.unowned.length > 0) return undefined;
  return JSON.stringify(before.partitions.map(ownerOf)) === JSON.stringify(now.partitions.map(ownerOf))
    ? now
    : undefined;
}

export function ownerOf({ writer }: OwnersView['partitions'][number]): string {
  return writer;
}
