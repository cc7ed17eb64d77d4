/** The store can't be used, for reasons that its message tells. */
export class StoreUnfit extends Error {
  override readonly name = 'StoreUnfit';

  constructor(
    message: string,
    /** Waiting won't help: somebody must change something. */
    readonly isFinal: boolean,
  ) {
    super(message);
  }
}
