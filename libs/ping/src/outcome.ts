/** The one table of what can become of a ping. API reference, metrics and tests are held to it. */
export const REJECT_CODES = [
  'bad_coordinates',
  'bad_field',
  'future',
  'too_old',
  'out_of_order',
  'duplicate',
  'inaccurate',
  'impossible_jump',
] as const;
export type RejectCode = (typeof REJECT_CODES)[number];

export const SHED_CODES = ['low_value', 'fixed_level', 'override', 'overload'] as const;
export type ShedCode = (typeof SHED_CODES)[number];

export const OUTCOMES = ['accepted', 'coalesced', 'shed', 'rejected', 'unavailable'] as const;
export type Outcome = (typeof OUTCOMES)[number];
