import { createHash } from 'node:crypto';
import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import type { SessionSettings } from '../../planner/plan/plan.ts';
import { typeText } from '../../worker/rows/types.ts';
import type { Write } from './commands/write-target.ts';
import type { KeptRows } from './kept-rows.ts';
import { loggedWriteOverhead, maxLoggedWriteBytes } from './limits.ts';

/** A statement that has written, with the values of its parameters in its text. */
export interface LoggedWrite {
  readonly sql: string;
  readonly write: Write;
  /** Under which it ran. */
  readonly settings: SessionSettings;
  /** Of its outcome: the number of rows, and those that it returned. */
  readonly digest: string;
}

/** An INSERT whose rows are put back as they are. */
export interface KeptWrite {
  readonly kept: KeptRows;
  /** Of its text. */
  readonly size: number;
}

/** A write that can't be done once more, and why. */
export interface LostWrite {
  readonly lost: string;
}

/** What the open transaction of DuckDB has written, so that the first part of it can be done once more (see `restore`). */
export class WriteLog {
  #entries: (LoggedWrite | KeptWrite | LostWrite)[] = [];
  #count = 0;
  #bytes = 0;
  /** When DuckDB's transaction began, by the commit clock; undefined: not known. */
  startedAt: number | undefined;
  /** A statement may have failed in the middle of its work. */
  damaged = false;

  /** How many statements have written. */
  get count(): number {
    return this.#count;
  }

  /** True when DuckDB's transaction has, or may have, something to commit. */
  get any(): boolean {
    return this.#count > 0 || this.damaged;
  }

  restart(startedAt: number | undefined): void {
    this.#entries = [];
    this.#count = 0;
    this.#bytes = 0;
    this.startedAt = startedAt;
    this.damaged = false;
  }

  add(entry: LoggedWrite | KeptWrite | LostWrite): void {
    this.#count++;
    this.#bytes += loggedWriteOverhead + ('sql' in entry ? entry.sql.length : 'kept' in entry ? entry.size : 0);
    if (this.#bytes <= maxLoggedWriteBytes) {
      this.#entries.push(entry);
    }
  }

  /** The first `count` writes; a text says why they can't be had. */
  first(count: number): readonly (LoggedWrite | KeptWrite)[] | string {
    const entries = this.#entries.slice(0, count);
    if (entries.length < count) {
      return count > this.#count
        ? 'The engine failed meanwhile.'
        : `The statements that wrote before it have more than ${maxLoggedWriteBytes} bytes.`;
    }
    const lost = entries.find((entry) => 'lost' in entry);
    return lost === undefined ? (entries as readonly (LoggedWrite | KeptWrite)[]) : (lost as LostWrite).lost;
  }
}

/** Tells outcomes apart: number of rows changed, and the rows that RETURNING gave. */
export async function digestOf(result: DuckDBMaterializedResult, returning: boolean): Promise<string> {
  if (!returning) {
    return String(result.rowsChanged);
  }
  const hash = createHash('sha1').update(result.columnTypes().map(typeText).join());
  for (const row of await result.getRows()) {
    hash.update(row.map(String).join('\0')).update('\n');
  }
  return hash.digest('base64');
}
