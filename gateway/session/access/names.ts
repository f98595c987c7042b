import { SluiceError } from '../../../planner/errors.ts';
import type { NeededRelation } from '../../../planner/sql/access-needs.ts';
import { systemRelationAccess } from '../../../planner/sql/function-access.ts';
import type { ObjectName } from '../../catalog/roles/acl.ts';
import type { SessionContext } from '../context.ts';
import { type LocalRelation, localObjects } from './local-relations.ts';

/** What a name may mean. */
export type Meaning =
  | { readonly kind: 'temporary'; readonly sql: string | null }
  | { readonly kind: 'table' | 'sequence' | 'foreign table'; readonly object: ObjectName }
  | { readonly kind: 'view'; readonly object: ObjectName; readonly sql: string }
  /** A view of the engine's own. */
  | { readonly kind: 'system'; readonly open: boolean };

const dataDatabase = 'data';
const localDatabase = 'local';
/** Where names without schema are looked up among local objects; data sets come behind `public`. */
const ownSchemas = ['public', 'main'];

/**
 * All that a relation's name may mean to DuckDB: the first that it finds for a bare name, and every one that a qualified name fits (`a.b` may be
 * a schema or a database). None: nothing that is known, so perhaps a file.
 */
export async function meaningsOf(context: SessionContext, relation: NeededRelation): Promise<readonly Meaning[]> {
  const { relations } = await localObjects(context);
  const name = relation.name.toLowerCase();
  const [catalog, schema] = [relation.catalog.toLowerCase(), relation.schema.toLowerCase()];
  const local = relations.get(name) ?? [];
  if (schema === '' && catalog === '') return bareMeaning(context, local, relation.name);
  const fits = ({ database, schema: own }: LocalRelation) =>
    catalog === ''
      ? own.toLowerCase() === schema || database === schema
      : database === catalog && own.toLowerCase() === schema;
  const found = local.filter(fits).map(meaningOf);
  if (catalog === '' || catalog === dataDatabase) {
    const set = await dataSet(context, schema === dataDatabase && catalog === '' ? undefined : schema, relation.name);
    if (set !== undefined) found.push(set);
  }
  if (found.length === 0 && (catalog === '' || catalog === 'system' || catalog === 'temp')) {
    return systemMeaning(schema === 'main' ? '' : schema, name);
  }
  return found;
}

async function bareMeaning(
  context: SessionContext,
  local: readonly LocalRelation[],
  name: string,
): Promise<readonly Meaning[]> {
  const temporary = local.find(({ database }) => database === 'temp');
  if (temporary !== undefined) return [meaningOf(temporary)];
  const inSchema = (schema: string) =>
    local.find((one) => one.database === localDatabase && one.schema.toLowerCase() === schema);
  const first = inSchema(ownSchemas[0]!);
  if (first !== undefined) return [meaningOf(first)];
  const set = await dataSet(context, undefined, name);
  if (set !== undefined) return [set];
  const last = inSchema(ownSchemas[1]!);
  if (last !== undefined) return [meaningOf(last)];
  return systemMeaning('', name.toLowerCase());
}

function systemMeaning(schema: string, name: string): readonly Meaning[] {
  const access = systemRelationAccess(schema, name);
  return access === undefined ? [] : [{ kind: 'system', open: access === 'open' }];
}

function meaningOf({ database, schema, name, kind, sql }: LocalRelation): Meaning {
  if (database === 'temp') return { kind: 'temporary', sql };
  const object: ObjectName = { kind: 'relation', schema, name };
  return kind === 'view' ? { kind, object, sql: sql! } : { kind, object };
}

async function dataSet(
  context: SessionContext,
  schema: string | undefined,
  name: string,
): Promise<Meaning | undefined> {
  const snapshot = await context.snapshot();
  try {
    const table = snapshot.lookup(schema, name);
    return table && { kind: 'foreign table', object: { kind: 'relation', schema: table.schema, name: table.name } };
  } catch (error) {
    // Its files can't be read; that is told to those who may read them.
    if (!(error instanceof SluiceError)) throw error;
    return { kind: 'foreign table', object: { kind: 'relation', schema: schema ?? 'public', name } };
  }
}
