/**
 * Where the policy lives: in NATS, in one document that is changed by compare-and-set, so that a change is whole or isn't,
 * and two operators never undo one another unseen. Promises: each version is kept in the history before there is a next
 * one, whoever dies in between, so that history and audit have no hole; who follows the policy hears of a change at once,
 * keeps the last one that it knew while NATS is away, and says how fresh that is.
 */
export { PolicyFeed, type PolicyFeedOptions } from './policy-feed.js';
export { PolicyHistory } from './policy-history.js';
export { type ChangeOutcome, PolicyStore, type PolicyStoreOptions, type StoredPolicy } from './policy-store.js';
