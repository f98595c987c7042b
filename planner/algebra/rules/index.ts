/** Rewrites of a query's trees that need no statistics. Each keeps the answer; together they bring conditions and columns to the scans. */
import type { RelQuery } from '../rel.ts';
import { factorOr } from './factor-or.ts';
import { dropRenames, mergeProjects } from './merge-projects.ts';
import { pruneColumns } from './prune-columns.ts';
import { pushFilters } from './push-filters.ts';
import { inlineShared } from './share.ts';
import { copyOverEqualities } from './transitive.ts';
import { forgetUnused } from './trees.ts';

export interface Rule {
  readonly name: string;
  readonly run: (query: RelQuery) => RelQuery;
}

/** In the order in which they run. */
export const rules: readonly Rule[] = [
  { name: 'inline_shared', run: inlineShared },
  { name: 'drop_renames', run: dropRenames },
  { name: 'merge_projects', run: mergeProjects },
  { name: 'factor_or', run: factorOr },
  { name: 'push_filters', run: pushFilters },
  { name: 'copy_over_equalities', run: copyOverEqualities },
  { name: 'push_copied_filters', run: pushFilters },
  { name: 'prune_columns', run: pruneColumns },
  // What only pruned columns read is gone now.
  { name: 'inline_shared_again', run: inlineShared },
  { name: 'drop_renames_again', run: dropRenames },
  { name: 'forget_unused', run: forgetUnused },
];

/** The query after every rule that is not switched off. */
export function applyRules(query: RelQuery, disabled: readonly string[] = []): RelQuery {
  return rules.reduce((current, { name, run }) => (disabled.includes(name) ? current : run(current)), query);
}
