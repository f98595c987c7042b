import type { Node, WindowDef } from '../../../planner/sql/postgres.ts';
import { coerce } from './coerce.ts';
import type { Expr, SortItem, WindowSpec } from './expr.ts';
import { readExpression } from './read-expression.ts';
import { readPartition, readSort } from './read-sort.ts';
import type { Scope } from './scope.ts';
import { typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

/** Bits of PostgreSQL's frameOptions. */
export const frameBits = {
  ...{ given: 0x1, range: 0x2, rows: 0x4, groups: 0x8, between: 0x10 },
  ...{ startUnboundedPreceding: 0x20, endUnboundedFollowing: 0x100, startCurrent: 0x200, endCurrent: 0x400 },
  ...{ startPreceding: 0x800, endPreceding: 0x1000, startFollowing: 0x2000, endFollowing: 0x4000 },
  ...{ excludeCurrent: 0x8000, excludeGroup: 0x10000, excludeTies: 0x20000 },
} as const;

const days: ReadonlySet<number> = new Set([typeOids.date, typeOids.timestamp, typeOids.timestamptz]);

function offset(scope: Scope, node: Node | undefined, frame: number, order: readonly SortItem[]): Expr | undefined {
  if (node === undefined) return undefined;
  const expr = readExpression(scope, node);
  if ((frame & frameBits.range) === 0) return coerce(scope.facts, expr, typeOids.int8, 'a', 'implicit');
  const by = order[0]?.expr.type ?? 0;
  if (days.has(by)) return coerce(scope.facts, expr, typeOids.interval, 'i', 'implicit');
  return expr.type === by ? expr : unprintable('a frame of a range');
}

function readSpec(scope: Scope, def: WindowDef, name: string | undefined): WindowSpec {
  const { refname, partitionClause = [], orderClause = [], frameOptions: frame = 0, startOffset, endOffset } = def;
  const base = refname === undefined ? undefined : (scope.windows.get(refname) ?? unprintable(`the window ${refname}`));
  const own = readSort(scope, orderClause, undefined);
  const order = own.length > 0 ? own : (base?.order ?? []);
  return {
    ...{ name, base: refname, partition: readPartition(scope, partitionClause), order: own, frame },
    start: offset(scope, startOffset, frame, order),
    end: offset(scope, endOffset, frame, order),
  };
}

/** Places in the text mean nothing. */
function textOf({ name: _, ...def }: WindowDef): string {
  return JSON.stringify(def, (key, value) => (key === 'location' ? undefined : value));
}

const written = new WeakMap<WindowSpec, string>();

/** Reads WINDOW into the scope. */
export function readWindows(scope: Scope, nodes: readonly Node[]): void {
  for (const node of nodes) {
    const def = 'WindowDef' in node ? node.WindowDef : unprintable('WINDOW');
    const spec = readSpec(scope, def, def.name);
    written.set(spec, textOf(def));
    scope.windows.set(def.name ?? '', spec);
  }
}

/** What OVER says. PostgreSQL makes one of those that say the same, and shows that by its name. */
export function readOver(scope: Scope, def: WindowDef): WindowSpec {
  if (def.name !== undefined) return scope.windows.get(def.name) ?? unprintable(`the window ${def.name}`);
  const text = textOf(def);
  const same = [...scope.windows.values()].find((spec) => written.get(spec) === text);
  return same ?? readSpec(scope, def, undefined);
}
