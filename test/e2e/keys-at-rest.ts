/**
 * What of a fleet may be left in Redis when nobody has pinged for three TTLs. Of a partition: which incarnation counts, and its
 * header (position in the stream, totals); of a directory slot: the id of its birth, and the counter that tokens of to-dos come
 * from; of the whole: the format of the data, and which fleet writes it.
 */
const MAY_REMAIN = /^[^:]+:(format|fleet|\{\d+\}:(inc|header:\d+\.\d+)|\{d\d+\}:(born|token))$/;

export function mayRemain(key: string): boolean {
  return MAY_REMAIN.test(key);
}
