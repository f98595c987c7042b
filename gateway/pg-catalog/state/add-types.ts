import { addComment, type StateBuilder, schemaName } from './build-state.ts';
import { type EnumOids, enumKey, isEnum } from './local-types.ts';

/** OIDs of the functions that read and write values of user types. */
const functionsOf = {
  enum: { typinput: 3506, typoutput: 3507, typreceive: 3532, typsend: 3533 },
  record: { typinput: 2290, typoutput: 2291, typreceive: 2402, typsend: 2403 },
  array: { typinput: 750, typoutput: 751, typreceive: 2400, typsend: 2401, typanalyze: 3816, typsubscript: 6179 },
} as const;

function addArray(builder: StateBuilder, name: string, namespace: number, element: number, align: string): number {
  const oid = builder.oids.of('type', String(namespace), `_${name}`);
  builder.rows.add('pg_type', {
    oid,
    typname: `_${name}`,
    typnamespace: namespace,
    typlen: -1,
    typtype: 'b',
    typcategory: 'A',
    typelem: element,
    typalign: align,
    ...functionsOf.array,
  });
  return oid;
}

/** The row type of a relation, and the array over it; gives the OID of the row type. */
export function addRowType(builder: StateBuilder, name: string, namespace: number, relation: number): number {
  const oid = builder.oids.of('type', String(namespace), name);
  const typarray = addArray(builder, name, namespace, oid, 'd');
  builder.rows.add('pg_type', {
    oid,
    typname: name,
    typnamespace: namespace,
    typlen: -1,
    typtype: 'c',
    typcategory: 'C',
    typrelid: relation,
    typarray,
    typalign: 'd',
    ...functionsOf.record,
  });
  return oid;
}

/** Enum types with their labels. */
export function addTypes(builder: StateBuilder): EnumOids {
  const { rows, oids, input } = builder;
  const enums = new Map<string, { oid: number; arrayOid: number; name: string }>();
  for (const type of input.metadata.types) {
    if (!isEnum(type)) continue;
    const { database, schema, name, labels, comment } = type;
    const namespace = builder.namespace(database, schema);
    const oid = oids.of('type', String(namespace), name);
    const arrayOid = addArray(builder, name, namespace, oid, 'i');
    enums.set(enumKey(labels), { oid, arrayOid, name });
    rows.add('pg_type', {
      oid,
      typname: name,
      typnamespace: namespace,
      typlen: 4,
      typbyval: true,
      typtype: 'e',
      typcategory: 'E',
      typarray: arrayOid,
      typstorage: 'p',
      ...functionsOf.enum,
    });
    for (const [index, label] of labels.entries()) {
      const labelOid = oids.of('enum', schemaName(database, schema), name, label);
      rows.add('pg_enum', { oid: labelOid, enumtypid: oid, enumsortorder: index + 1, enumlabel: label });
    }
    addComment(builder, oid, 1247, comment);
  }
  return enums;
}
