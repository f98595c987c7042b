/** Longest name in UTF-8 bytes: Postgres' NAMEDATALEN - 1, beyond which clients cut names. */
const maxNameBytes = 63;

/**
 * The table name of a file or folder: lower case, so that it needs no quotes; runs of other characters than letters, digits and `_`
 * become one `_`; a name that would begin with a digit gets `t_` before it.
 */
export function tableName(name: string): string {
  const plain = name
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '');
  const safe = plain === '' ? 'data' : /^\p{N}/u.test(plain) ? `t_${plain}` : plain;
  return cutToBytes(safe, maxNameBytes);
}

function cutToBytes(text: string, limit: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > limit) cut = [...cut].slice(0, -1).join('');
  return cut;
}

/** A thing that wants to be a table, with the names it may take in the order of its wishes. */
export interface NameClaim<T> {
  readonly wishes: readonly string[];
  readonly item: T;
}

/**
 * Gives each claim a name of its own, in order: its first wish that is free, else its last wish with a number (`_2`, `_3`, ...).
 * Names are compared case-insensitively.
 */
export function assignNames<T>(claims: readonly NameClaim<T>[]): ReadonlyMap<string, T> {
  const taken = new Map<string, T>();
  for (const { wishes, item } of claims) {
    const free = wishes.find((wish) => !taken.has(wish)) ?? numbered(wishes.at(-1) ?? 'data', taken);
    taken.set(free, item);
  }
  return taken;
}

function numbered(base: string, taken: ReadonlyMap<string, unknown>): string {
  for (let number = 2; ; number++) {
    const suffix = `_${number}`;
    const name = cutToBytes(base, maxNameBytes - suffix.length) + suffix;
    if (!taken.has(name)) return name;
  }
}
