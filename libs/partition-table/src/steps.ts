import type {
  AdoptReply,
  ApplyReply,
  ClaimReply,
  EnterReply,
  LookReply,
  OwnerEffect,
  OwnerInput,
  ReplayReply,
} from './effects.js';
import type { PartitionTotals } from './totals.js';

/** A piece of an owner's run that ends with a `Result`. */
export type Steps<Result> = Generator<OwnerEffect, Result, unknown>;

interface Replies {
  wait: OwnerInput;
  claim: ClaimReply;
  replay: ReplayReply;
  recall: PartitionTotals;
  checkpoint: undefined;
  enter: EnterReply;
  look: LookReply;
  apply: ApplyReply;
  adopt: AdoptReply;
  correct: undefined;
  clear: undefined;
}

/** Yields an effect and gives its reply the type that belongs to it: the one place where a reply is trusted. */
export function* ask<Effect extends OwnerEffect>(effect: Effect): Steps<Replies[Effect['kind']]> {
  return (yield effect) as Replies[Effect['kind']];
}
