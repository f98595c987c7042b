/**
 * now() is one moment for the whole statement, wherever its parts run. Calls become the statement's time as a constant;
 * dates and local times are DuckDB's own casts of it, in the session's time zone.
 */
import type { Expression } from '../sql/ast.ts';
import { cast, functionCall, textConstant, withAlias } from '../sql/build.ts';
import { mapAst } from '../sql/walk.ts';
import { type Pass, withStatement } from './pass.ts';

type FromNow = (now: Expression) => Expression;

const instant: FromNow = (now) => now;
const date: FromNow = (now) => cast(now, 'DATE');
const localTimestamp: FromNow = (now) => cast(now, 'TIMESTAMP');
const localTime: FromNow = (now) => cast(cast(now, 'TIMESTAMP'), 'TIME');
const zonedTime: FromNow = (now) => cast(now, 'TIME WITH TIME ZONE');

/** Functions without arguments, and the same names without parentheses. */
const timeFunctions: Readonly<Record<string, FromNow>> = {
  now: instant,
  current_timestamp: instant,
  transaction_timestamp: instant,
  statement_timestamp: instant,
  get_current_timestamp: instant,
  current_date: date,
  today: date,
  current_time: zonedTime,
  get_current_time: zonedTime,
  localtimestamp: localTimestamp,
  current_localtimestamp: localTimestamp,
  localtime: localTime,
  current_localtime: localTime,
};

/** Names that are also written without parentheses; the parser then gives a column reference. */
const bareNames: ReadonlySet<string> = new Set([
  'current_timestamp',
  'current_date',
  'current_time',
  'localtimestamp',
  'localtime',
]);

export const fixStatementTime: Pass = {
  name: 'fix_statement_time',
  run(draft, { request }) {
    if (draft.bound.facts.statementTimeFunctions.length === 0) return draft;
    const micros = cast(textConstant(request.session.statementTimeMicros), 'BIGINT');
    const now = functionCall('make_timestamptz', [micros]);
    const { resolutions } = draft.bound;
    const replace = (node: Expression): Expression | undefined => {
      if (node.class === 'FUNCTION') {
        const { function_name, children } = node;
        // age(x) counts from today's midnight.
        if (function_name === 'age' && children.length === 1) return { ...node, children: [date(now), ...children] };
        const make = children.length === 0 ? timeFunctions[function_name] : undefined;
        return make === undefined ? undefined : withAlias(make(now), node.alias);
      }
      if (node.class !== 'COLUMN_REF' || node.column_names.length !== 1) return undefined;
      const name = node.column_names[0]!.toLowerCase();
      const resolution = resolutions.get(node);
      if (!bareNames.has(name) || (resolution !== undefined && resolution.kind !== 'other')) return undefined;
      return withAlias(timeFunctions[name]!(now), node.alias);
    };
    const bound = withStatement(draft.bound, (root) => mapAst(root, { expression: replace }));
    return bound === draft.bound ? draft : { ...draft, bound };
  },
};
