/** Do rows come in the order in which one DuckDB would see them? */
import type { Rel } from '../algebra/rel.ts';
import type { Compiler } from './compile.ts';
import type { Open } from './open.ts';

/** All rows of the fragment, its tasks one after another, are in DuckDB's own order of a scan that is only filtered and projected. */
export function inOrder(open: Open, compiler: Compiler): boolean {
  const { distribution } = open;
  if (distribution.kind === 'hash' || (distribution.kind === 'split' && !distribution.ordered)) return false;
  return keepsOrder(open.rel, open, compiler);
}

function keepsOrder(rel: Rel, open: Open, compiler: Compiler): boolean {
  switch (rel.op) {
    case 'scan':
    case 'rows':
      return true;
    case 'filter':
    case 'project':
      return keepsOrder(rel.input, open, compiler);
    case 'order':
      return rel.orders.length === 0 && keepsOrder(rel.input, open, compiler);
    case 'set':
      return rel.kind === 'union_all' && rel.inputs.every((input) => keepsOrder(input, open, compiler));
    case 'input': {
      const input = open.inputs.find(({ relation }) => relation === rel.relation);
      return (
        input !== undefined &&
        input.mode !== 'partition' &&
        input.stages.every((draft) => inOrder(compiler.builder.drafts[draft]!.open, compiler))
      );
    }
    default:
      return false;
  }
}

/**
 * Rows whose order even one DuckDB leaves open, because hash tables gave them: a LIMIT may take any of them.
 */
export function inNoOrder(open: Open, compiler: Compiler): boolean {
  return hasNoOrder(open.rel, open, compiler);
}

function hasNoOrder(rel: Rel, open: Open, compiler: Compiler): boolean {
  switch (rel.op) {
    case 'aggregate':
    case 'distinct':
      return true;
    case 'filter':
    case 'project':
      return hasNoOrder(rel.input, open, compiler);
    case 'order':
      return rel.orders.length === 0 && hasNoOrder(rel.input, open, compiler);
    case 'set':
      return rel.kind !== 'union_all' || rel.inputs.some((input) => hasNoOrder(input, open, compiler));
    case 'input': {
      const input = open.inputs.find(({ relation }) => relation === rel.relation);
      return input?.stages.some((draft) => inNoOrder(compiler.builder.drafts[draft]!.open, compiler)) ?? false;
    }
    default:
      return false;
  }
}

/** Has the relation one row at most, whatever the data? Then no order and no cut can matter. */
export function hasOneRow(open: Open, compiler: Compiler): boolean {
  const { kind } = open.distribution;
  return (kind === 'one' || kind === 'all') && isOneRow(open.rel, open, compiler);
}

function isOneRow(rel: Rel, open: Open, compiler: Compiler): boolean {
  const below = (input: Rel) => isOneRow(input, open, compiler);
  switch (rel.op) {
    case 'aggregate':
      return rel.keys.length === 0 && rel.sets === null;
    case 'filter':
    case 'window':
    case 'distinct':
    case 'order':
      return below(rel.input);
    case 'project':
      return !rel.many && below(rel.input);
    case 'join':
      if (rel.kind === 'semi' || rel.kind === 'anti') return below(rel.left);
      return rel.kind !== 'full' && below(rel.left) && below(rel.right);
    case 'input': {
      const input = open.inputs.find(({ relation }) => relation === rel.relation);
      const [draft] = input?.stages ?? [];
      return (
        draft !== undefined && input?.stages.length === 1 && hasOneRow(compiler.builder.drafts[draft]!.open, compiler)
      );
    }
    default:
      return false;
  }
}
