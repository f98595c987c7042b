/** Rows of catalogs that come from what users have made. Members that are absent have the default of `rowDefaults`. */

export type CatalogValue = string | number | boolean | null | readonly (string | number)[];
export type CatalogRow = Readonly<Record<string, CatalogValue>>;

/** By relation key. Beside catalogs these are tables of this room, which functions read: see `ownTables`. */
export class DynamicRows {
  readonly #rows = new Map<string, CatalogRow[]>();

  add(relation: string, row: CatalogRow): void {
    const rows = this.#rows.get(relation);
    if (rows === undefined) this.#rows.set(relation, [row]);
    else rows.push(row);
  }

  of(relation: string): readonly CatalogRow[] {
    return this.#rows.get(relation) ?? [];
  }
}

/** OIDs of what every database has. */
export const wellKnown = {
  owner: 10,
  pgCatalog: 11,
  publicSchema: 2200,
  heap: 2,
  btree: 403,
  filesWrapper: 16_382,
  filesServer: 16_383,
  database: 16_380,
  sqlLanguage: 14,
  defaultCollation: 100,
} as const;

const never = '0';

/** SQL of the columns that most rows share; `ty` is the row of pg_type of an attribute. */
export const rowDefaults: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pg_namespace: { nspowner: '10' },
  pg_class: {
    reloftype: '0',
    relowner: '10',
    relam: '0',
    reltablespace: '0',
    relpages: '0',
    reltuples: '-1',
    relallvisible: '0',
    reltoastrelid: '0',
    relhasindex: 'false',
    relisshared: 'false',
    relpersistence: "'p'",
    relchecks: '0',
    relhasrules: 'false',
    relhastriggers: 'false',
    relhassubclass: 'false',
    relrowsecurity: 'false',
    relforcerowsecurity: 'false',
    relispopulated: 'true',
    relreplident: "'d'",
    relispartition: 'false',
    relrewrite: '0',
    relfrozenxid: never,
    relminmxid: never,
  },
  pg_attribute: {
    attlen: 'ty.typlen',
    attbyval: 'ty.typbyval',
    attalign: 'ty.typalign',
    attstorage: 'ty.typstorage',
    attcollation: 'ty.typcollation',
    attstattarget: '-1',
    attndims: '0',
    attcacheoff: '-1',
    attcompression: "''",
    atthasmissing: 'false',
    attidentity: "''",
    attgenerated: "''",
    attisdropped: 'false',
    attislocal: 'true',
    attinhcount: '0',
  },
  pg_type: {
    typowner: '10',
    typbyval: 'false',
    typispreferred: 'false',
    typisdefined: 'true',
    typdelim: "','",
    typrelid: '0',
    typsubscript: '0',
    typelem: '0',
    typarray: '0',
    typmodin: '0',
    typmodout: '0',
    typanalyze: '0',
    typalign: "'i'",
    typstorage: "'x'",
    typnotnull: 'false',
    typbasetype: '0',
    typtypmod: '-1',
    typndims: '0',
    typcollation: '0',
  },
  pg_constraint: {
    condeferrable: 'false',
    condeferred: 'false',
    convalidated: 'true',
    contypid: '0',
    conindid: '0',
    conparentid: '0',
    confrelid: '0',
    confupdtype: "' '",
    confdeltype: "' '",
    confmatchtype: "' '",
    conislocal: 'true',
    coninhcount: '0',
    connoinherit: 'true',
  },
  pg_index: {
    indnullsnotdistinct: 'false',
    indisexclusion: 'false',
    indimmediate: 'true',
    indisclustered: 'false',
    indisvalid: 'true',
    indcheckxmin: 'false',
    indisready: 'true',
    indislive: 'true',
    indisreplident: 'false',
  },
  pg_rewrite: {
    rulename: "'_RETURN'",
    ev_type: "'1'",
    ev_enabled: "'O'",
    is_instead: 'true',
    ev_qual: "''",
    ev_action: "''",
  },
  pg_sequence: { seqtypid: '20', seqcache: '1' },
  pg_proc: {
    proowner: '10',
    prolang: '14',
    procost: '100',
    prorows: '0',
    provariadic: '0',
    prosupport: '0',
    prokind: "'f'",
    prosecdef: 'false',
    proleakproof: 'false',
    proisstrict: 'false',
    provolatile: "'v'",
    proparallel: "'u'",
    pronargdefaults: '0',
  },
  pg_database: {
    datdba: '10',
    encoding: '6',
    datlocprovider: "'c'",
    datistemplate: 'false',
    datallowconn: 'true',
    datconnlimit: '-1',
    datfrozenxid: never,
    datminmxid: never,
    dattablespace: '1663',
    datcollate: "'C.UTF-8'",
    datctype: "'C.UTF-8'",
  },
  pg_authid: {
    rolsuper: 'false',
    rolinherit: 'true',
    rolcreaterole: 'false',
    rolcreatedb: 'false',
    rolcanlogin: 'true',
    rolreplication: 'false',
    rolbypassrls: 'false',
    rolconnlimit: '-1',
  },
  pg_foreign_data_wrapper: { fdwowner: '10', fdwhandler: '0', fdwvalidator: '0' },
  pg_foreign_server: { srvowner: '10' },
};

/** Tables of this room: their columns with DuckDB's types. The rows of the seed have the same columns. */
export const ownTables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pg_keywords: { word: 'VARCHAR', catcode: 'VARCHAR', barelabel: 'BOOLEAN', catdesc: 'VARCHAR', baredesc: 'VARCHAR' },
  ts_token_types: { tokid: 'INTEGER', alias: 'VARCHAR', description: 'VARCHAR' },
  proc_texts: { oid: 'INTEGER', arguments: 'VARCHAR', identity_arguments: 'VARCHAR', result: 'VARCHAR' },
  index_texts: { oid: 'INTEGER', definition: 'VARCHAR', columns: 'VARCHAR[]' },
  constraint_texts: { oid: 'INTEGER', definition: 'VARCHAR' },
  view_texts: { oid: 'INTEGER', definition: 'VARCHAR', pretty: 'VARCHAR' },
  view_wrapped_texts: { oid: 'INTEGER', width: 'INTEGER', definition: 'VARCHAR' },
  function_texts: { oid: 'INTEGER', definition: 'VARCHAR' },
  class_sizes: { oid: 'INTEGER', bytes: 'BIGINT' },
  row_counts: { oid: 'INTEGER', live: 'BIGINT' },
  search_path: { position: 'INTEGER', name: 'VARCHAR' },
  role_names: { oid: 'INTEGER', name: 'VARCHAR', acl_name: 'VARCHAR' },
  role_closure: { member: 'INTEGER', role: 'INTEGER', inherited: 'BOOLEAN' },
};
