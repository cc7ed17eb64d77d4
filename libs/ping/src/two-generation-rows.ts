/**
 * A bounded memory of one row of numbers a key, such as the last fix of each driver. Rows live in two generations of half
 * the capacity each. A row that is touched is in the young one; when that is full, the old one is dropped whole and the
 * young one becomes the old. So what was touched lately stays, what was not is forgotten, and nothing is kept in order:
 * no links, no object a key, some 30 bytes beside the key and the numbers themselves.
 * Source: the two-list "clock" approximation of LRU, as in Linux's active and inactive page lists.
 */
const FIRST_ROWS = 256;

interface Generation {
  /** Key → index of its row's first number. */
  readonly index: Map<string, number>;
  values: Float64Array;
}

export class TwoGenerationRows {
  readonly #halfCapacity: number;
  #young: Generation = { index: new Map(), values: new Float64Array(0) };
  #old: Generation = { index: new Map(), values: new Float64Array(0) };
  /** The last key found or added, and its row in the young generation: a ping is judged, then admitted. */
  #lastKey = '';
  #lastAt = -1;
  /** Keys of the old generation that have a row in the young one as well. */
  #promoted = 0;

  /** @throws RangeError when the capacity is below 2 rows. */
  constructor(
    capacity: number,
    private readonly width: number,
  ) {
    if (!(capacity >= 2)) throw new RangeError('a memory of two generations has at least two rows');
    this.#halfCapacity = Math.floor(capacity / 2);
  }

  /** The numbers; a row found or added starts at the index returned and is valid until the next call. */
  get values(): Float64Array {
    return this.#young.values;
  }

  get size(): number {
    return this.#young.index.size + this.#old.index.size - this.#promoted;
  }

  /** Index of the row of a key, or −1. */
  find(key: string): number {
    if (key === this.#lastKey && this.#lastAt >= 0) return this.#lastAt;
    const at = this.#young.index.get(key);
    if (at !== undefined) return this.#remember(key, at);
    const { index, values } = this.#old;
    const from = index.get(key);
    if (from === undefined) return -1;
    const to = this.#append(key);
    if (this.#old.index === index) this.#promoted++;
    for (let i = 0; i < this.width; i++) this.#young.values[to + i] = values[from + i] as number;
    return to;
  }

  /** Adds a row for a key that has none. Its numbers are whatever they are: the caller sets them all. */
  add(key: string): number {
    return this.#append(key);
  }

  #append(key: string): number {
    if (this.#young.index.size >= this.#halfCapacity) this.#turn();
    const { index, values } = this.#young;
    const at = index.size * this.width;
    if (at + this.width > values.length) this.#grow();
    index.set(key, at);
    return this.#remember(key, at);
  }

  #remember(key: string, at: number): number {
    this.#lastKey = key;
    this.#lastAt = at;
    return at;
  }

  #turn(): void {
    const spare = this.#old.values;
    this.#old = this.#young;
    this.#young = { index: new Map(), values: spare };
    this.#promoted = 0;
  }

  #grow(): void {
    const { values } = this.#young;
    const rows = Math.min(this.#halfCapacity, Math.max(FIRST_ROWS, (2 * values.length) / this.width));
    this.#young.values = new Float64Array(rows * this.width);
    this.#young.values.set(values);
  }
}
