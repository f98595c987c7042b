import type { DatasetTable } from '../../../planner/catalog.ts';
import { schemaObject } from '../../catalog/roles/acl.ts';
import type { RoleBook } from '../../catalog/roles/role-book.ts';
import { addRelations } from './add-relations.ts';
import { addRoles, schemaRights } from './add-roles.ts';
import { addTypes } from './add-types.ts';
import { sqlName } from './definition-text.ts';
import { DynamicRows, wellKnown } from './dynamic-rows.ts';
import { type FunctionSignature, functionSignature, shownType } from './function-signature.ts';
import { attributeType, type EnumOids } from './local-types.ts';
import { Oids } from './oids.ts';
import type { LocalFunction, LocalRowCount, Metadata } from './read-metadata.ts';

/** Everything that rows of the catalogs are made of. */
export interface StateInput {
  readonly metadata: Metadata;
  readonly functions: readonly LocalFunction[];
  /** Only for queries that ask for them. */
  readonly rowCounts: readonly LocalRowCount[];
  readonly datasets: readonly DatasetTable[];
  readonly database: string;
  /** `current_user` and `session_user`. */
  readonly user: string;
  readonly sessionUser: string;
  /** Undefined: no roles are known. */
  readonly book: RoleBook | undefined;
  /** As the setting has it, `$user` put in: lower-case names. */
  readonly searchPath: readonly string[];
}

/** What the parts of a state are built with. */
export interface StateBuilder {
  readonly input: StateInput;
  readonly rows: DynamicRows;
  readonly oids: Oids;
  /** OID of a schema of users. */
  readonly namespace: (database: string, schema: string) => number;
}

const temporarySchema = 'pg_temp_3';

/** The name of a schema for clients. */
export function schemaName(database: string, schema: string): string {
  return database === 'temp' ? temporarySchema : schema;
}

export function classOid(builder: StateBuilder, database: string, schema: string, name: string): number {
  return builder.oids.of('class', schemaName(database, schema), name);
}

/** A comment on an object. `catalog`: the OID of the catalog that the object is in. */
export function addComment(builder: StateBuilder, oid: number, catalog: number, text: string | null, column = 0): void {
  if (text === null) return;
  builder.rows.add('pg_description', { objoid: oid, classoid: catalog, objsubid: column, description: text });
}

function addSchemas(rows: DynamicRows, input: StateInput, oids: Oids): StateBuilder['namespace'] {
  const known = new Map([['public', wellKnown.publicSchema as number]]);
  const namespace = (database: string, schema: string) => {
    const name = schemaName(database, schema);
    let oid = known.get(name);
    if (oid === undefined) {
      oid = oids.of('namespace', name);
      known.set(name, oid);
      rows.add('pg_namespace', { oid, nspname: name, ...schemaRights({ input, oids }, name) });
    }
    return oid;
  };
  const open = input.book?.storedAcl(schemaObject('public'));
  if (open !== undefined) {
    const row = { oid: wellKnown.publicSchema, nspname: 'public', ...schemaRights({ input, oids }, 'public') };
    rows.add('pg_namespace', row);
  }
  for (const { database, schema } of input.metadata.schemas) {
    // What the engine puts there itself is no schema of users until something is in it.
    if (database === 'local' && schema !== 'main') namespace(database, schema);
  }
  return namespace;
}

const [anyElement, record, functionCatalog] = [2283, 2249, 1255];

interface Signature extends FunctionSignature {
  /** OIDs. */
  readonly arguments: readonly number[];
  readonly returns: number;
}

function signatureOf({ parameters, definition, table }: LocalFunction, enums: EnumOids): Signature {
  const oidOf = (type: string | undefined) => (type === undefined ? anyElement : attributeType(type, enums).oid);
  const found: FunctionSignature = table
    ? { parameters: parameters.map(() => undefined), result: undefined, strict: false, body: definition }
    : functionSignature(parameters, definition);
  return { ...found, arguments: found.parameters.map(oidOf), returns: table ? record : oidOf(found.result) };
}

function addFunctions(builder: StateBuilder, enums: EnumOids): void {
  const { rows, oids, input } = builder;
  for (const one of input.functions) {
    const { database, schema, name, parameters, table, comment } = one;
    const oid = oids.of('proc', schemaName(database, schema), name, ...parameters);
    const signature = signatureOf(one, enums);
    rows.add('pg_proc', {
      oid,
      proname: name,
      pronamespace: builder.namespace(database, schema),
      pronargs: parameters.length,
      prorettype: signature.returns,
      proretset: table,
      proisstrict: signature.strict,
      proargtypes: signature.arguments,
      ...(parameters.length === 0 ? {} : { proargnames: parameters }),
      prosrc: signature.body,
    });
    const shown = (type: string | undefined) => (type === undefined ? 'anyelement' : shownType(type));
    const list = parameters.map((each, index) => `${sqlName(each)} ${shown(signature.parameters[index])}`).join(', ');
    const result = table ? 'SETOF record' : shown(signature.result);
    rows.add('proc_texts', { oid, arguments: list, identity_arguments: list, result });
    const path = `${sqlName(schemaName(database, schema))}.${sqlName(name)}`;
    rows.add('function_texts', { oid, definition: functionText(one, signature, path, list, result) });
    addComment(builder, oid, functionCatalog, comment);
  }
}

/** What makes the function once more: a macro where types are not known. */
function functionText(
  { parameters, definition, table }: LocalFunction,
  { parameters: types, result, strict, body }: Signature,
  path: string,
  list: string,
  returns: string,
): string {
  if (table || result === undefined || types.includes(undefined))
    return `CREATE MACRO ${path}(${parameters.map(sqlName).join(', ')}) AS ${table ? 'TABLE ' : ''}${definition}\n`;
  const options = strict ? ' STRICT\n' : '';
  return `CREATE OR REPLACE FUNCTION ${path}(${list})\n RETURNS ${returns}\n LANGUAGE sql\n${options}AS $function$${body}$function$\n`;
}

function addServer({ rows, input }: StateBuilder): void {
  rows.add('pg_foreign_data_wrapper', { oid: wellKnown.filesWrapper, fdwname: 'files' });
  rows.add('pg_foreign_server', { oid: wellKnown.filesServer, srvname: 'files', srvfdw: wellKnown.filesWrapper });
  rows.add('pg_database', { oid: wellKnown.database, datname: input.database });
  const present = new Set(['pg_catalog', ...rows.of('pg_namespace').map(({ nspname }) => nspname), 'public']);
  const path = input.searchPath.filter((name) => present.has(name) || name === 'information_schema');
  const effective = path.includes('pg_catalog') ? path : ['pg_catalog', ...path];
  const temporary = present.has(temporarySchema) ? [temporarySchema] : [];
  for (const [position, name] of [...temporary, ...effective].entries()) rows.add('search_path', { position, name });
  for (const [position, name] of path.entries()) rows.add('search_path', { position: position - 1000, name });
}

/** The rows that a state adds to the seed. */
export function buildState(input: StateInput): DynamicRows {
  const rows = new DynamicRows();
  const oids = new Oids();
  const builder: StateBuilder = { input, rows, oids, namespace: addSchemas(rows, input, oids) };
  const enums = addTypes(builder);
  addRelations(builder, enums);
  addFunctions(builder, enums);
  addRoles(builder);
  addServer(builder);
  return rows;
}
