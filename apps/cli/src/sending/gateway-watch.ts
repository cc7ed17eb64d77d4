import type { AnswerTally, GatewayReply, SentFrame } from '@hexfleet/ping-client';
import type { ProgressBar } from '../progress-bar.js';
import { UserError } from '../user-error.js';
import { grouped } from './answer-summary.js';

export interface GatewayWatchOptions {
  readonly gatewayUrl: string;
  readonly stop: AbortSignal;
  /** Prints a line. */
  readonly say: (line: string) => void;
}

/**
 * Tells the user at once when no answers come, and when they come again: the lanes try on by themselves for half a minute
 * and more, and a command that is silent for so long looks as if all were well.
 */
export class GatewayWatch {
  #isAway = false;
  #hasAnswered = false;
  #lastReason: string | undefined;

  constructor(private readonly options: GatewayWatchOptions) {}

  get gatewayUrl(): string {
    return this.options.gatewayUrl;
  }

  /** Why there was no answer when there last was none. */
  get lastReason(): string | undefined {
    return this.#lastReason;
  }

  readonly noteReply = (_sent: SentFrame, reply: GatewayReply): void => {
    const { gatewayUrl, stop, say } = this.options;
    if (reply.kind !== 'lost') {
      if (this.#isAway) say(`${gatewayUrl} answers.`);
      this.#isAway = false;
      this.#hasAnswered = true;
      return;
    }
    // What is cut off when we are told to stop says nothing about the gateway.
    if (stop.aborted) return;
    this.#lastReason = reply.detail;
    if (this.#isAway) return;
    this.#isAway = true;
    const what = this.#hasAnswered ? 'no answers come any more from' : 'nothing answers at';
    say(`${what} ${gatewayUrl} (${reply.detail}), trying again …`);
  };
}

/** Prints lines on standard error, where the bar is. */
export function aside(bar: ProgressBar): (line: string) => void {
  return (line) => {
    bar.end();
    process.stderr.write(`${line}\n`);
  };
}

/** The end of a command whose pings were not all answered. @throws UserError with the reason, where there is one. */
export function throwWhatKeptAnswersAway({ refusal, counts }: AnswerTally, watch: GatewayWatch): void {
  if (refusal !== undefined) {
    throw new UserError(`The gateway refused: ${refusal.status} ${refusal.code}. ${refusal.detail}`);
  }
  if (counts.unanswered > 0 && watch.lastReason !== undefined) {
    const pings = grouped(counts.unanswered);
    throw new UserError(`${watch.gatewayUrl} left ${pings} pings without an answer: ${watch.lastReason}`);
  }
}
