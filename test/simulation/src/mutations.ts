import type { Protocol } from './simulation.js';
import { PROTOCOL } from './simulation.js';

/** A way to break the protocol, which the simulation has to notice. */
export interface Mutation {
  readonly name: string;
  readonly what: string;
  readonly apply: (protocol: Protocol) => Protocol | Promise<Protocol>;
}

export const MUTATIONS: readonly Mutation[] = [];

/** @throws Error when there is no mutation of that name, or when it no longer fits the code. */
export async function protocolOf(mutation: string | undefined): Promise<Protocol> {
  if (mutation === undefined) return PROTOCOL;
  const found = MUTATIONS.find(({ name }) => name === mutation);
  if (found === undefined) throw new Error(`there is no mutation "${mutation}"`);
  return found.apply(PROTOCOL);
}
