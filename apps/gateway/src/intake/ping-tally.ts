import { REJECT_CODES, type RejectCode, SHED_CODES, type ShedCode, STATUSES, type Status } from '@hexfleet/ping';

/**
 * What became of this gateway's pings since it started. It follows their fate and not what was answered: a ping whose batch
 * is in doubt was answered `unavailable`, and is counted once the stream has said whether it has it. So
 *
 *   received = rejected + shed + coalesced + unavailable + accepted + (pending or in doubt)
 *
 * holds at every moment, and `accepted` is what is in the stream. Plain numbers: they are read when they are scraped.
 */
export class PingTally {
  received = 0;
  coalesced = 0;
  accepted = 0;
  unavailable = 0;
  readonly rejected = Object.fromEntries(REJECT_CODES.map((code) => [code, 0])) as Record<RejectCode, number>;
  readonly shed = Object.fromEntries(
    SHED_CODES.map((code) => [code, Object.fromEntries(STATUSES.map((status) => [status, 0]))]),
  ) as Record<ShedCode, Record<Status, number>>;
  /** Admitted, and shed if their policy were no shadow: beside the books. */
  readonly shadowShed = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<Status, number>;
}
