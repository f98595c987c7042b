import { isText } from '../pg-type-names.ts';
import { castTo } from './casts.ts';
import { nameMark, type Translation, type Typed } from './context.ts';

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

/** The arguments as OIDs, with the current role where none is given; those of other functions as they are. */
export function privilegeArguments(t: Translation, name: string, args: readonly Typed[]): readonly Typed[] {
  const found = Object.hasOwn(asked, name) ? asked[name] : undefined;
  if (found === undefined || args.length < found[1] - 1 || args.length > found[1]) return args;
  const [kind, count] = found;
  const current: Typed = { sql: nameMark('const:role'), type: 'oid' };
  const [role, object, ...rest] = args.length === count ? args : [current, ...args];
  return [roleOf(t, role!), kind === undefined ? object! : oidOf(t, object!, kind), ...rest];
}

/** `public` is everybody. */
function roleOf(t: Translation, role: Typed): Typed {
  return role.literal === 'public' ? { sql: '0', type: 'oid' } : oidOf(t, role, 'regrole');
}

function oidOf(t: Translation, value: Typed, kind: string): Typed {
  return isText(value.type) ? castTo(t, value, kind) : value;
}
