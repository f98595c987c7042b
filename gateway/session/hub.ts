import type { KnownObjects } from './access/local-relations.ts';
import type { SessionActivity } from './activity.ts';
import { AdvisoryLocks } from './advisory-locks.ts';
import { Channels } from './channels.ts';
import { CommitClock } from './commit-clock.ts';
import { CopyProgress } from './copy/progress.ts';
import type { KnownKeys } from './keys/known-keys.ts';

/** What the sessions of one gateway share beside its database. */
export class SessionHub {
  readonly locks = new AdvisoryLocks();
  readonly channels = new Channels();
  readonly commits = new CommitClock();
  /** Those that are open, by their process numbers. */
  readonly sessions = new Map<number, SessionActivity>();
  readonly copies = new CopyProgress();
  /** Tables, views and functions that users made: kept here for all of them. */
  objects: KnownObjects | undefined;
  /** Foreign keys of local tables: the same. */
  keys: KnownKeys | undefined;
}
