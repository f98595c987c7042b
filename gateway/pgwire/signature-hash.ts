/** Object identifiers of signature algorithms, as DER has them, and the hash that RFC 5929 binds to: SHA-256 in place of MD5 and SHA-1. */
const hashes: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256',
  '2a864886f70d010105': 'sha256',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a864886f70d01010e': 'sha224',
  '2a8648ce3d0401': 'sha256',
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
};

interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly rest: Buffer;
}

const sequence = 0x30;
const identifier = 0x06;

function element(der: Buffer): Element | undefined {
  const first = der[1];
  if (first === undefined) {
    return undefined;
  }
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (more > 4 || der.length < 2 + more) {
    return undefined;
  }
  const length = more === 0 ? first : der.readUIntBE(2, more);
  const start = 2 + more;
  return { tag: der[0]!, content: der.subarray(start, start + length), rest: der.subarray(start + length) };
}

/** The hash that the signature of a certificate (DER) is made with; undefined for one that has none of its own, as Ed25519. */
export function signatureHash(certificate: Buffer): string | undefined {
  const whole = element(certificate);
  const signed = whole?.tag === sequence ? element(whole.content) : undefined;
  const algorithm = signed === undefined ? undefined : element(signed.rest);
  const oid = algorithm?.tag === sequence ? element(algorithm.content) : undefined;
  return oid?.tag === identifier ? hashes[oid.content.toString('hex')] : undefined;
}
