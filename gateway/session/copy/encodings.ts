/** The encodings of COPY's ENCODING option, by PostgreSQL's names. Inside everything is UTF-8. */

export interface TextEncoding {
  /** As PostgreSQL prints it. */
  readonly name: string;
  /** Null: UTF-8, nothing has to change. */
  readonly convert: {
    /** Of one stream: keeps what a piece ends within. Replaces nothing: bytes without a meaning are 22021, raised by the caller for U+FFFD. */
    decoder(): (bytes: Uint8Array, final: boolean) => Buffer;
    /** Undefined: it holds a character that the encoding does not have, which is given. */
    encode(text: Buffer): Buffer | { readonly missing: string };
  } | null;
}

/** Names of WHATWG by PostgreSQL's, without punctuation. */
const labels: Readonly<Record<string, readonly [name: string, label: string]>> = {
  latin2: ['LATIN2', 'iso-8859-2'],
  latin3: ['LATIN3', 'iso-8859-3'],
  latin4: ['LATIN4', 'iso-8859-4'],
  latin6: ['LATIN6', 'iso-8859-10'],
  latin7: ['LATIN7', 'iso-8859-13'],
  latin8: ['LATIN8', 'iso-8859-14'],
  latin9: ['LATIN9', 'iso-8859-15'],
  latin10: ['LATIN10', 'iso-8859-16'],
  iso88595: ['ISO_8859_5', 'iso-8859-5'],
  iso88596: ['ISO_8859_6', 'iso-8859-6'],
  iso88597: ['ISO_8859_7', 'iso-8859-7'],
  iso88598: ['ISO_8859_8', 'iso-8859-8'],
  win866: ['WIN866', 'ibm866'],
  win874: ['WIN874', 'windows-874'],
  koi8r: ['KOI8R', 'koi8-r'],
  koi8u: ['KOI8U', 'koi8-u'],
  win1250: ['WIN1250', 'windows-1250'],
  win1251: ['WIN1251', 'windows-1251'],
  win1252: ['WIN1252', 'windows-1252'],
  win1253: ['WIN1253', 'windows-1253'],
  win1254: ['WIN1254', 'windows-1254'],
  win1255: ['WIN1255', 'windows-1255'],
  win1256: ['WIN1256', 'windows-1256'],
  win1257: ['WIN1257', 'windows-1257'],
  win1258: ['WIN1258', 'windows-1258'],
};
const synonyms: Readonly<Record<string, string>> = {
  ...{ iso88591: 'latin1', iso88592: 'latin2', iso88593: 'latin3', iso88594: 'latin4', iso885910: 'latin6' },
  ...{ iso885913: 'latin7', iso885914: 'latin8', iso885915: 'latin9', iso885916: 'latin10', koi8: 'koi8r' },
  ...{ windows1250: 'win1250', windows1251: 'win1251', windows1252: 'win1252', windows1253: 'win1253' },
  ...{ windows1254: 'win1254', windows1255: 'win1255', windows1256: 'win1256', windows1257: 'win1257' },
  ...{ windows1258: 'win1258', windows866: 'win866', windows874: 'win874', unicode: 'utf8', win: 'win1251' },
};

const utf8: TextEncoding = { name: 'UTF8', convert: null };

/** The 256 characters of an encoding of single bytes. */
function singleBytes(name: string, characters: string): TextEncoding {
  const codes = new Map<string, number>();
  for (let code = 255; code >= 0; code--) {
    codes.set(characters[code]!, code);
  }
  return {
    name,
    convert: {
      decoder: () => (bytes) => {
        let text = '';
        for (const byte of bytes) {
          text += characters[byte]!;
        }
        return Buffer.from(text);
      },
      encode: (text) => {
        const all = [...text.toString()];
        const bytes = Buffer.alloc(all.length);
        for (const [index, character] of all.entries()) {
          const code = codes.get(character);
          if (code === undefined) {
            return { missing: character };
          }
          bytes[index] = code;
        }
        return bytes;
      },
    },
  };
}

const known = new Map<string, TextEncoding>();

/** Undefined for a name that is not known, or an encoding of several bytes other than UTF-8, which is not there. */
export function encodingOf(name: string): TextEncoding | undefined {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const key = synonyms[plain] ?? plain;
  if (key === 'utf8' || key === 'sqlascii') {
    return utf8;
  }
  let found = known.get(key);
  if (found === undefined) {
    const all = Buffer.from(Array.from({ length: 256 }, (_, code) => code));
    const entry = Object.hasOwn(labels, key) ? labels[key]! : undefined;
    if (key === 'latin1') {
      found = singleBytes('LATIN1', all.toString('latin1'));
    } else if (entry !== undefined) {
      found = singleBytes(entry[0], new TextDecoder(entry[1]).decode(all));
    } else {
      return undefined;
    }
    known.set(key, found);
  }
  return found;
}
