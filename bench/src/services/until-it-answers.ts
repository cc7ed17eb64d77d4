import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a client that has just been made is connected. It is bounded by the server, which is known to be up. */
export async function untilItAnswers(client: { ping(): Promise<void> }): Promise<void> {
  const answers = () =>
    client.ping().then(
      () => true,
      () => false,
    );
  while (!(await answers())) await sleep(20);
}
