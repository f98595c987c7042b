import type { CatalogSnapshot } from '../catalog.ts';
import type { Statement } from '../sql/ast.ts';
import type { PlannerWorld } from '../world.ts';
import { bindStatement } from './bind-node.ts';
import { askForFiles } from './file-functions.ts';
import { type BindState, newState } from './state.ts';

/** A statement bound from its top, with what binding collected. The one who gets it may go on collecting. */
export interface Whole {
  readonly state: BindState;
  readonly statement: Statement;
}

interface Kept extends Whole {
  readonly catalog: CatalogSnapshot;
}

/** By the statement before binding: an analysis binds what is planned right after. Each is given out once. */
const kept = new WeakMap<Statement, Kept>();

/** Binds a statement, text `sql`, or gives what `keepWhole` has of it. Raises as `bindQuery`. */
export async function bindWhole(
  world: PlannerWorld,
  statement: Statement,
  sql: string,
  catalog: CatalogSnapshot,
): Promise<Whole> {
  const known = kept.get(statement);
  kept.delete(statement);
  if (known !== undefined && known.catalog === catalog && known.state.source === sql) return known;
  const files = await askForFiles(world, statement, catalog);
  const state = newState(sql, catalog, files);
  const place = { parent: null, ctes: null, role: 'top', block: null, repeated: false } as const;
  return { state, statement: bindStatement(state, statement, place).statement };
}

/** Keeps what `bindWhole` gave, unless it depends on files outside of the catalog, which may be others by then. */
export function keepWhole(statement: Statement, whole: Whole, catalog: CatalogSnapshot): void {
  if (whole.state.files.size === 0) kept.set(statement, { ...whole, catalog });
}
