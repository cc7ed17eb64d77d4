/**
 * How long the directory keeps an entry past the ping that it was last told of. A record may be shown for one TTL past its own:
 * an entry that is renewed within 1.3 TTLs outlives every record that it stands for, with 0.3 to spare.
 */
export const ENTRIES_KEPT_TTLS = 2.6;
export const CONFIRMED_FOR_TTLS = 1.3;
/** An entry that is set back by no more than what is to spare outlives them still, whoever set it back and when. */
export const CORRECTED_BY_TTLS = 0.3;
