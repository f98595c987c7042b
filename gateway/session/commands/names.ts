import type { TokenCursor } from '../../../planner/sql/token-cursor.ts';

/** As PostgreSQL's NAMEDATALEN - 1, in bytes. */
const maxNameBytes = 63;

/** A name as PostgreSQL takes it: bare ones in lower case, long ones cut off. */
export function foldedName(cursor: TokenCursor): string {
  const quoted = cursor.value.startsWith('"');
  const name = cursor.name();
  return cutName(quoted ? name : name.toLowerCase());
}

function cutName(name: string): string {
  const bytes = Buffer.from(name);
  if (bytes.length <= maxNameBytes) {
    return name;
  }
  let end = maxNameBytes;
  // Not within a character.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) {
    end--;
  }
  return bytes.toString('utf8', 0, end);
}
