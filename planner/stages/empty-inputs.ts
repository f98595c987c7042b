import type { Rel } from '../algebra/rel.ts';

type Relations = ReadonlySet<string>;

const none: Relations = new Set();

/** Inputs without whose rows the tree gives no row: a task whose part of one of them is empty need not run. */
export function emptyWithout(rel: Rel): Relations {
  switch (rel.op) {
    case 'scan':
    case 'rows':
    case 'shared':
    // It runs over an empty partition as well, and may give rows.
    case 'partial':
      return none;
    case 'input':
      return new Set([rel.relation]);
    case 'filter':
    case 'project':
    case 'window':
    case 'distinct':
    case 'order':
    case 'repartition':
      return emptyWithout(rel.input);
    case 'lateral':
      return emptyWithout(rel.left);
    case 'join':
      return ofJoin(rel);
    case 'aggregate':
      // Without keys (or with a grand total among the sets) there is a row for no rows.
      return rel.keys.length > 0 && (rel.sets ?? []).every((set) => set.length > 0) ? emptyWithout(rel.input) : none;
    case 'set':
      return ofSet(rel);
  }
}

function ofJoin({ kind, left, right }: Extract<Rel, { op: 'join' }>): Relations {
  switch (kind) {
    case 'inner':
    case 'semi':
    case 'asof':
      return either(emptyWithout(left), emptyWithout(right));
    case 'left':
    case 'anti':
    case 'asof_left':
      return emptyWithout(left);
    case 'right':
      return emptyWithout(right);
    case 'full':
      return both(emptyWithout(left), emptyWithout(right));
  }
}

function ofSet({ kind, inputs }: Extract<Rel, { op: 'set' }>): Relations {
  const all = inputs.map(emptyWithout);
  const first = all[0] ?? none;
  if (kind === 'except' || kind === 'except_all') return first;
  if (kind === 'intersect' || kind === 'intersect_all') return all.reduce(either, none);
  return all.slice(1).reduce(both, first);
}

function either(a: Relations, b: Relations): Relations {
  return new Set([...a, ...b]);
}

function both(a: Relations, b: Relations): Relations {
  return new Set([...a].filter((relation) => b.has(relation)));
}
