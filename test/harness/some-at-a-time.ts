/** Does `act` for every item, `width` of them at a time; gives the results in the items' order. */
export async function someAtATime<T, R>(items: readonly T[], act: (item: T) => Promise<R>, width = 16): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await act(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}
