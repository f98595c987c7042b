import { ownName } from '../functions/privilege-functions.ts';
import { isText } from '../pg-type-names.ts';
import { castTo } from './casts.ts';
import type { Translation, Typed } from './context.ts';

/** What kind of object each function asks about, and how many arguments it has with the role. */
const asked: Readonly<Record<string, readonly [object: string | undefined, count: number]>> = {
  has_table_privilege: ['regclass', 3],
  has_any_column_privilege: ['regclass', 3],
  has_sequence_privilege: ['regclass', 3],
  has_column_privilege: ['regclass', 4],
  has_schema_privilege: ['regnamespace', 3],
  has_database_privilege: [undefined, 3],
  pg_has_role: ['regrole', 3],
};

/** The call with its arguments as OIDs, under the name that it has without a role; others are what they are. */
export function privilegeCall(
  t: Translation,
  name: string,
  args: readonly Typed[],
): { readonly name: string; readonly args: readonly Typed[] } {
  const found = Object.hasOwn(asked, name) ? asked[name] : undefined;
  if (found === undefined || args.length < found[1] - 1 || args.length > found[1]) return { name, args };
  const [kind, count] = found;
  const own = args.length < count;
  const [object, ...rest] = own ? args : args.slice(1);
  const asOid = kind === undefined ? object! : oidOf(t, object!, kind);
  return own ? { name: ownName(name), args: [asOid, ...rest] } : { name, args: [roleOf(t, args[0]!), asOid, ...rest] };
}

/** `public` is everybody. */
function roleOf(t: Translation, role: Typed): Typed {
  return role.literal === 'public' ? { sql: '0', type: 'oid' } : oidOf(t, role, 'regrole');
}

function oidOf(t: Translation, value: Typed, kind: string): Typed {
  return isText(value.type) ? castTo(t, value, kind) : value;
}
