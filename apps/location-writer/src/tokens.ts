/** What Nest injects where a type alone can't name it. */
export const SETTINGS = Symbol('settings');
