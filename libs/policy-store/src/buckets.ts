/** The document with the present state. */
export const POLICY_BUCKET = 'policy';
/** Each state by its version. */
export const HISTORY_BUCKET = 'policy_history';
