/** Who may do what: roles as OIDs (0: everybody), objects as OIDs; see `translate/privilege-call.ts`. */
import { type Macro, macro } from './macro.ts';

/** All that is granted on objects of a catalog, one row for each role that has it by itself. */
function grants(relation: string, acl: string, owner: string, kind: string): string {
  const all = `COALESCE(c.${acl}, {fn:acldefault}(${kind}, c.${owner}))`;
  return `SELECT e.oid, e.item.grantee AS grantee, e.item.privilege_type AS privilege, e.item.grantee = e.owner AS grantable
    FROM (SELECT c.oid, c.${owner} AS owner, unnest({fn:aclexplode}(${all})) AS item FROM {${relation}} c) e`;
}

/** What each role may do, also by the roles that it is a member of. */
function rights(relation: string, entries: string, all: string): string {
  return `SELECT role, oid, list(DISTINCT privilege) AS privileges FROM (
      SELECT m.member AS role, g.oid, unnest(CASE WHEN g.grantable THEN [g.privilege, g.privilege || ' WITH GRANT OPTION'] ELSE [g.privilege] END) AS privilege
        FROM {${entries}} g JOIN {role_closure} m ON m.inherited AND (g.grantee = m.role OR (g.grantee = 0 AND m.role = m.member))
      UNION ALL SELECT m.member, c.oid, p.privilege FROM {role_closure} m JOIN (${all}) p ON p.role = m.role
        CROSS JOIN (SELECT oid FROM {${relation}}) c WHERE m.inherited
      UNION ALL SELECT 0, g.oid, g.privilege FROM {${entries}} g WHERE g.grantee = 0)
    GROUP BY role, oid`;
}

const allData = `VALUES (6181, 'SELECT'), (6182, 'INSERT'), (6182, 'UPDATE'), (6182, 'DELETE')`;
const allSchemas = `VALUES (6181, 'USAGE'), (6182, 'USAGE')`;

/** Tables of this room that are made of catalogs, when they are first needed. */
export const privilegeTables: Readonly<Record<string, string>> = {
  class_grants: grants('pg_class', 'relacl', 'relowner', "CASE WHEN c.relkind = 'S' THEN 'S' ELSE 'r' END"),
  class_rights: rights('pg_class', 'class_grants', `SELECT * FROM (${allData}) p(role, privilege)`),
  namespace_grants: grants('pg_namespace', 'nspacl', 'nspowner', "'n'"),
  namespace_rights: rights('pg_namespace', 'namespace_grants', `SELECT * FROM (${allSchemas}) p(role, privilege)`),
};

const isSuperuser = 'COALESCE((SELECT any_value(zs.rolsuper) FROM {pg_authid} zs WHERE zs.oid = p1), false)';
/** `select, insert with grant option` as a list. */
const asked = (parameter: string) =>
  `list_transform(string_split(upper(${parameter}), ','), lambda part: regexp_replace(trim(part), '\\s+', ' ', 'g'))`;

function onObject(relation: string, table: string, privileges: string): string {
  return `CASE WHEN (SELECT any_value(zc.oid) FROM {${relation}} zc WHERE zc.oid = p2) IS NULL THEN NULL WHEN ${isSuperuser} THEN true
    ELSE COALESCE((SELECT any_value(list_has_any(zr.privileges, ${asked(privileges)})) FROM {${table}} zr WHERE zr.role = p1 AND zr.oid = p2), false) END`;
}

const onRelation = onObject('pg_class', 'class_rights', 'p3');
const yes = (...counts: number[]) => macro(counts, 'true');

/** Those that ask about the current role: of a superuser nothing has to be looked up. */
const own: Readonly<Record<string, number>> = {
  has_table_privilege: 2,
  has_any_column_privilege: 2,
  has_sequence_privilege: 2,
  has_column_privilege: 3,
  has_schema_privilege: 2,
  has_database_privilege: 2,
  pg_has_role: 2,
};

/** The name here of a function without its first argument, the role. */
export function ownName(name: string): string {
  return `own_${name}`;
}

/** What a superuser is told without looking; undefined: as anybody. */
export function superuserMacro(name: string): Macro | undefined {
  const found = Object.entries(own).find(([one]) => ownName(one) === name);
  return found && macro(found[1], 'CASE WHEN p1 IS NULL THEN NULL ELSE true END');
}

export const privilegeFunctions: Readonly<Record<string, Macro>> = {
  ...Object.fromEntries(
    Object.entries(own).map(([name, count]) => {
      const given = Array.from({ length: count }, (_, index) => `p${index + 1}`).join(', ');
      return [ownName(name), macro(count, `{fn:${name}}({const:role}, ${given})`)];
    }),
  ),
  has_table_privilege: macro(3, onRelation),
  has_any_column_privilege: macro(3, onRelation),
  has_sequence_privilege: macro(3, onRelation),
  has_column_privilege: macro(4, onObject('pg_class', 'class_rights', 'p4')),
  has_schema_privilege: macro(3, onObject('pg_namespace', 'namespace_rights', 'p3')),
  has_database_privilege: macro(3, `${isSuperuser} OR list_has_any(['CONNECT', 'TEMP', 'TEMPORARY'], ${asked('p3')})`),
  pg_has_role: macro(
    3,
    `CASE WHEN ${isSuperuser} THEN true ELSE COALESCE((SELECT bool_or(zr.inherited OR NOT list_contains(${asked('p3')}, 'USAGE'))
      FROM {role_closure} zr WHERE zr.member = p1 AND zr.role = p2), false) END`,
  ),
  ...Object.fromEntries(
    ['function', 'type', 'language', 'tablespace', 'server', 'foreign_data_wrapper', 'parameter'].map((kind) => [
      `has_${kind}_privilege`,
      yes(2, 3),
    ]),
  ),
  row_security_active: macro(1, 'false'),
};
