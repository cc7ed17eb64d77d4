/** Most items in one function call: Lua's unpack and Redis's attention both have bounds. */
const CALL_ITEMS = 500;

interface Due<Item, Answer> {
  readonly item: Item;
  readonly settle: (answer: Answer) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Gathers what is asked in one turn of the event loop. Each partition has a few drivers to ask about at a beat, and each of
 * them lies in another directory slot, or went to another partition: what all have to ask of one target goes in one call.
 */
export class DueCalls<Item, Answer> {
  private dueByTarget = new Map<number, Due<Item, Answer>[]>();

  /** @param call asks one target about some items, and gives an answer for each, in their order. */
  constructor(private readonly call: (target: number, items: readonly Item[]) => Promise<readonly Answer[]>) {}

  /** @throws whatever the call did; other items of the same call fail with it, and may be asked again. */
  ask(target: number, item: Item): Promise<Answer> {
    return new Promise((settle, fail) => {
      if (this.dueByTarget.size === 0) setImmediate(() => this.flush());
      const due = this.dueByTarget.get(target);
      if (due === undefined) this.dueByTarget.set(target, [{ item, settle, fail }]);
      else due.push({ item, settle, fail });
    });
  }

  private flush(): void {
    const { dueByTarget } = this;
    this.dueByTarget = new Map();
    for (const [target, due] of dueByTarget) {
      for (let from = 0; from < due.length; from += CALL_ITEMS) {
        void this.settleAll(target, due.slice(from, from + CALL_ITEMS));
      }
    }
  }

  private async settleAll(target: number, due: readonly Due<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.call(
        target,
        due.map(({ item }) => item),
      );
      for (const [i, { settle }] of due.entries()) settle(answers[i] as Answer);
    } catch (error) {
      for (const { fail } of due) fail(error);
    }
  }
}
