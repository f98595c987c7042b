import { TokenCursor } from '../../../planner/sql/token-cursor.ts';

/** `ALTER kind name OWNER TO`, with the cursor on what follows. */
export interface AlteredOwner {
  readonly cursor: TokenCursor;
  readonly kind: 'table' | 'view' | 'sequence' | 'schema' | 'foreign table';
  readonly parts: readonly string[];
}

const kinds = ['table', 'view', 'sequence', 'schema'] as const;

/** Undefined for any other statement; raises 42601 where a name is missing. */
export function alteredOwner(text: string): AlteredOwner | undefined {
  const cursor = new TokenCursor(text);
  if (!cursor.accept('alter')) return undefined;
  const foreign = cursor.accept('foreign');
  const kind = kinds.find((word) => word === cursor.word);
  if (kind === undefined) return undefined;
  cursor.skip();
  if (cursor.accept('if')) cursor.expect('exists');
  cursor.accept('only');
  const parts = cursor.qualifiedName();
  if (!cursor.accept('owner')) return undefined;
  cursor.expect('to');
  return { cursor, kind: foreign ? 'foreign table' : kind, parts };
}
