/** What a statement is, told from its first words. `other` is what none of us knows: DuckDB decides. */
export const statementKinds = [
  'select',
  'with',
  'values',
  'from',
  'table',
  'pivot',
  'unpivot',
  'describe',
  'summarize',
  'insert',
  'update',
  'delete',
  'merge',
  'truncate',
  'create',
  'alter',
  'drop',
  'comment',
  'grant',
  'revoke',
  'set',
  'reset',
  'show',
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'release',
  'copy',
  'explain',
  'prepare',
  'execute',
  'deallocate',
  'declare',
  'fetch',
  'move',
  'close',
  'listen',
  'unlisten',
  'notify',
  'discard',
  'lock',
  'do',
  'call',
  'vacuum',
  'analyze',
  'checkpoint',
  'refresh',
  'reindex',
  'cluster',
  'security',
  'import',
  'export',
  'attach',
  'detach',
  'use',
  'pragma',
  'install',
  'load',
  'force',
  'other',
] as const;
export type StatementKind = (typeof statementKinds)[number];

const known: ReadonlySet<string> = new Set(statementKinds.filter((kind) => kind !== 'other'));
const synonyms: Readonly<Record<string, StatementKind>> = {
  start: 'begin',
  end: 'commit',
  abort: 'rollback',
  desc: 'describe',
  analyse: 'analyze',
};

/** Kind of a statement that begins with these words (lower case). `PREPARE TRANSACTION` and `COMMIT PREPARED` keep their first word's kind. */
export function kindOf(words: readonly string[]): StatementKind {
  const first = words[0] ?? '';
  if (known.has(first)) return first as StatementKind;
  return Object.hasOwn(synonyms, first) ? synonyms[first]! : 'other';
}

const queryKinds: ReadonlySet<StatementKind> = new Set([
  'select',
  'with',
  'values',
  'from',
  'table',
  'pivot',
  'unpivot',
  'describe',
  'summarize',
]);

/** Does this statement answer with rows of a query (the planner's business)? WITH counts by what follows it. */
export function isQuery(statement: { readonly kind: StatementKind; readonly main: StatementKind }): boolean {
  return statement.kind !== 'explain' && queryKinds.has(statement.main);
}
