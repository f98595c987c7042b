import { DuckDBInstance } from '@duckdb/node-api';
import { readChunk } from './worker/rows/read-chunk.ts';
import { makeRowEncoder } from './worker/rows/encode-rows.ts';
import { testColumns } from './worker/rows/test-columns.ts';
const i = await DuckDBInstance.create(':memory:'); const c = await i.connect();
for (const [n,e] of Object.entries(testColumns)) for (const f of [0,1] as const) {
  try {
  const r = await c.stream(`select ${e.replace('hash(i)::HUGEINT * hash(i + 1) // 5','hash(i)::HUGEINT * 77')} v from range(7) r(i)`);
  const enc = makeRowEncoder(r.columnTypes(), [f], {timeZone:'Europe/Berlin',dateStyle:'ISO, MDY',intervalStyle:'postgres',byteaOutput:'hex',extraFloatDigits:1,dialect:'postgres'});
  for await (const ch of r) { const b = enc.encode(readChunk(ch),0,ch.rowCount); let at=0; const out=[]; while(at<b.length){ const len=b.readInt32BE(at+1); const l=b.readInt32BE(at+7); out.push(l<0?null: f? b.toString('hex',at+11,at+11+l): b.toString('utf8',at+11,at+11+l)); at+=len+1;} console.log(n,f,JSON.stringify(out)); }
  } catch(e) { console.log(n,f,'ERR',e) }
}
