/** The first OID that PostgreSQL gives to objects of users. */
const firstOid = 16_384;
/** OIDs stay below 2^31: clients read them as int4. */
const range = 2 ** 31 - firstOid;

function hash(text: string): number {
  // FNV-1a, with a last mix: close names must not get close numbers.
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return (value ^ (value >>> 15)) >>> 0;
}

/**
 * Gives OIDs by what an object is called: the same in every session and after a restart, without being stored anywhere. Two objects whose
 * names fall on one number get neighbours, in the order in which they are asked for.
 */
export class Oids {
  readonly #taken = new Map<number, string>();

  /** `kind`: `class`, `type`, ... */
  of(kind: string, ...names: readonly string[]): number {
    const key = JSON.stringify([kind, ...names]);
    let oid = firstOid + (hash(key) % range);
    while (this.#taken.has(oid) && this.#taken.get(oid) !== key) oid = oid + 1 < firstOid + range ? oid + 1 : firstOid;
    this.#taken.set(oid, key);
    return oid;
  }
}
