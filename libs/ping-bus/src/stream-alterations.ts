import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { layoutOf, type StreamShape, subjectsOf } from './stream-shape.js';
import { grantOf, wantedGrant } from './stream-widening.js';

/** In what a stream that is there differs from what Hexfleet makes, in words. */
export interface StreamAlterations {
  /** By these, pings can be lost or not be taken. */
  readonly risks: readonly string[];
  /** These are merely different. */
  readonly oddities: readonly string[];
}

/** Where the stream's configuration was changed by hand. It is told, and left as it is. */
export function alterationsOf(config: StreamConfig, shape: StreamShape): StreamAlterations {
  const found = grantOf(config);
  const wanted = wantedGrant(shape);
  const risks: string[] = [];
  const oddities: string[] = [];
  const risk = (isSo: boolean | undefined, text: string) => void (isSo && risks.push(text));
  const oddity = (isSo: boolean | undefined, text: string) => void (isSo && oddities.push(text));

  risk(
    found.maxAgeMs < wanted.maxAgeMs,
    `keeps messages for ${found.maxAgeMs} ms (max_age) and not for ${wanted.maxAgeMs} ms: an emptied Redis can't be filled again`,
  );
  risk(
    found.maxBytes < wanted.maxBytes,
    `takes ${found.maxBytes} bytes (max_bytes) and not ${wanted.maxBytes}: it is full sooner`,
  );
  risk(config.discard !== DiscardPolicy.New, 'drops accepted pings when it is full (discard is old, and not new)');
  risk(config.storage !== StorageType.File, 'lies in memory (storage), and is gone when NATS ends');
  risk(
    config.retention !== RetentionPolicy.Limits,
    `drops messages that were read (retention is ${config.retention}, and not limits)`,
  );
  risk(config.max_msgs > 0, `takes ${config.max_msgs} messages at most (max_msgs)`);
  risk(
    config.max_msgs_per_subject > 0,
    `keeps ${config.max_msgs_per_subject} messages a subject (max_msgs_per_subject)`,
  );
  risk((config.max_msg_size ?? -1) > 0, `refuses messages over ${config.max_msg_size} bytes (max_msg_size)`);
  risk(config.max_consumers > 0, `lets ${config.max_consumers} readers in at most (max_consumers)`);
  risk(config.sealed, 'takes no more messages (sealed)');
  risk(config.no_ack, 'does not say what it has stored (no_ack)');
  risk(config.mirror !== undefined, 'is a mirror of another stream, and takes no messages itself');
  const subjects = config.subjects ?? [];
  const [ours] = subjectsOf(shape.name);
  risk(!subjects.includes(ours), `does not take ${ours}, but ${subjects.join(', ') || 'nothing'} (subjects)`);
  risk(
    config.description !== layoutOf(shape),
    `is described as "${config.description ?? ''}": processes that start now refuse it`,
  );

  oddity(subjects.some((subject) => subject !== ours) && subjects.includes(ours), 'takes other subjects too');
  oddity(config.deny_delete, 'lets nobody delete messages (deny_delete)');
  oddity(config.deny_purge, 'lets nobody purge it (deny_purge)');
  oddity(config.republish !== undefined, 'publishes its messages again elsewhere (republish)');
  oddity((config.sources ?? []).length > 0, 'takes messages of other streams (sources)');
  return { risks, oddities };
}
