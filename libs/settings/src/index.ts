/**
 * Settings come from the environment, once, at the start: an app states what it needs as a schema and gets frozen, typed
 * values, or an error that lists all that is wrong at once, so that nobody mends one variable a start. Fragments hold what
 * several apps have in common. The only reader of `process.env` and the only place where variables are parsed.
 */
export * from './duration.js';
export * from './fragments.js';
export * from './machine-name.js';
export * from './read-settings.js';
export * from './variables.js';
