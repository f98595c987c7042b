/** What a query touches, told from DuckDB's own syntax tree: for deciding whether a role may run it. */

/** A relation as it is written. Empty: not given. */
export interface NeededRelation {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
}

export interface AccessNeeds {
  /** Tables, views and files in FROM, but for the query's own WITH. */
  readonly relations: readonly NeededRelation[];
  /** Scalar, aggregate and window functions, macros among them; lower case. */
  readonly functions: ReadonlySet<string>;
  /** Functions in FROM; lower case. */
  readonly tableFunctions: ReadonlySet<string>;
  /** What SHOW in FROM lists; lower case. */
  readonly shows: ReadonlySet<string>;
  /** Arguments of nextval and its kin; null: one that is no constant. */
  readonly sequences: readonly (string | null)[];
  /** Reads a column of something. */
  readonly columns: boolean;
}

type Node = Readonly<Record<string, unknown>>;
/** Names of WITH queries that can be seen; lower case. */
type Scope = ReadonlySet<string>;

interface Found {
  readonly relations: NeededRelation[];
  readonly functions: Set<string>;
  readonly tableFunctions: Set<string>;
  readonly shows: Set<string>;
  readonly sequences: (string | null)[];
  columns: boolean;
}

const sequenceFunctions: ReadonlySet<string> = new Set(['nextval', 'currval']);
/** The schema under which a recursive query with keys sees itself. */
const recurring = 'recurring';

/**
 * Everything in the tree counts, also what no one knows the meaning of. A name is one of WITH only where DuckDB surely takes it so: in
 * doubt it is a table's.
 */
export function accessNeeds(tree: object): AccessNeeds {
  const found: Found = {
    ...{ relations: [], functions: new Set(), tableFunctions: new Set(), shows: new Set() },
    ...{ sequences: [], columns: false },
  };
  visit(tree, new Set(), found);
  return found;
}

function visit(value: unknown, scope: Scope, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, scope, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const node = value as Node;
  const inner = 'cte_map' in node ? withQueries(node, scope, found) : scope;
  if (node.type === 'BASE_TABLE') addRelation(node, scope, found);
  else if (node.type === 'SHOW_REF') found.shows.add(text(node.table_name).replaceAll('"', ''));
  else if (node.class === 'COLUMN_REF' || node.class === 'STAR') found.columns = true;
  else if (typeof node.function_name === 'string') addFunction(node, found);
  for (const [key, child] of Object.entries(node)) {
    if (key !== 'cte_map') visitChild(node, key, child, inner, found);
  }
}

function visitChild(node: Node, key: string, child: unknown, scope: Scope, found: Found): void {
  if (node.type === 'TABLE_FUNCTION' && key === 'function') {
    const called = child as Node;
    found.tableFunctions.add(text(called.function_name));
    visit({ ...called, function_name: null }, scope, found);
    return;
  }
  // What it begins with does not see the recursive query itself.
  const itself = node.type === 'RECURSIVE_CTE_NODE' && key !== 'left';
  visit(child, itself ? new Set([...scope, text(node.cte_name)]) : scope, found);
}

/** Each query of WITH sees those before it; gives what the rest of the node sees. */
function withQueries(node: Node, scope: Scope, found: Found): Scope {
  const { map } = node.cte_map as { readonly map: readonly { readonly key: string; readonly value: unknown }[] };
  let inner = scope;
  for (const { key, value } of map) {
    visit(value, inner, found);
    inner = new Set([...inner, key.toLowerCase()]);
  }
  return inner;
}

function addRelation(node: Node, scope: Scope, found: Found): void {
  const [catalog, schema, name] = [node.catalog_name, node.schema_name, node.table_name].map(String) as [
    string,
    string,
    string,
  ];
  const own = catalog === '' && (schema === '' || schema.toLowerCase() === recurring) && scope.has(name.toLowerCase());
  if (!own) found.relations.push({ catalog, schema, name });
}

function addFunction(node: Node, found: Found): void {
  const name = text(node.function_name);
  found.functions.add(name);
  if (!sequenceFunctions.has(name)) return;
  const [first] = (node.children ?? []) as readonly Node[];
  const value = first?.class === 'CONSTANT' ? (first.value as Node).value : null;
  found.sequences.push(typeof value === 'string' ? value : null);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : '';
}
