/** The house rules that a machine can check. ARCHITECTURE.md explains the import table, CONTRIBUTING.md the style. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { envName, flagName, type Setting, settingEntries } from './config/settings.ts';

const root = resolve(import.meta.dirname, '..');
const roots = ['planner', 'worker', 'gateway', 'testdata'];
const mostLines = 500;

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

interface Source {
  /** From the root of the package, with `/`. */
  readonly path: string;
  readonly text: string;
  /** `text` without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

function withoutComments(text: string): string {
  return text.replace(/("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '$1');
}

function importsOf(code: string): readonly Import[] {
  const found: Import[] = [];
  for (const match of code.matchAll(/\b(?:import|export)\s+(type\s+)?(?:[\w$*{},\s]+?\sfrom\s*)?'([^'\n]+)'/g)) {
    found.push({ target: match[2]!, typeOnly: match[1] !== undefined });
  }
  for (const match of code.matchAll(/\bimport\(\s*'([^'\n]+)'/g)) found.push({ target: match[1]!, typeOnly: false });
  return found;
}

function readSources(): readonly Source[] {
  const paths = roots.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.c?ts$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
  return paths.map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const code = withoutComments(text);
    return { path, text, code, imports: importsOf(code) };
  });
}

const sources = readSources();
/** Tests, and helpers that only they import. */
const isTest = (path: string) =>
  path.startsWith('testdata/') || path.endsWith('.test.ts') || /\/test-[^/]*\.ts$/.test(path);
const product = sources.filter((source) => !isTest(source.path));

/** The folder that a file belongs to for the import table; for files directly in a source folder the file itself or `main`. */
function roomOf(path: string): string {
  const [folder, second = ''] = path.split('/');
  if (folder === 'gateway') return path.split('/').length > 2 ? `gateway/${second}` : 'gateway/main';
  if (folder === 'worker') return path.split('/').length > 2 ? `worker/${second}` : 'worker/main';
  if (folder === 'planner') return `planner/${second.replace(/\.ts$/, '')}`;
  return folder ?? '';
}

/** From top to bottom: a room imports only rooms further down, and itself. */
const gatewayLayers = [
  ['gateway/cli'],
  ['gateway/main'],
  ['gateway/pgwire', 'gateway/dashboard', 'gateway/http'],
  ['gateway/session'],
  ['gateway/pg-catalog'],
  ['gateway/coordinator'],
  ['gateway/fleet'],
  ['gateway/catalog'],
  ['gateway/observe'],
  ['gateway/config'],
];

/** What rooms may import beside that. `planner` stands for all of it. */
const furtherEdges: Readonly<Record<string, readonly string[]>> = {
  'gateway/cli': ['planner', 'worker/main', 'worker/engine'],
  'gateway/main': ['planner', 'worker/engine'],
  'gateway/pgwire': ['planner', 'worker/rows'],
  'gateway/dashboard': ['planner'],
  'gateway/http': ['planner', 'worker/protocol'],
  'gateway/session': ['planner', 'worker/rows', 'worker/engine', 'worker/exchange'],
  'gateway/pg-catalog': ['planner', 'worker/rows', 'worker/engine'],
  'gateway/coordinator': ['planner', 'worker/rows', 'worker/engine', 'worker/exchange', 'worker/protocol'],
  'gateway/fleet': ['planner', 'worker/rows', 'worker/exchange', 'worker/protocol', 'worker/main'],
  'gateway/catalog': ['planner', 'worker/engine', 'worker/exchange'],
  'gateway/observe': ['planner'],
  'gateway/config': ['planner'],
  'worker/main': ['worker', 'planner/plan', 'planner/errors'],
  'worker/engine': [
    'worker/rows',
    'worker/exchange',
    'worker/parquet',
    'worker/protocol',
    'planner/plan',
    'planner/errors',
    'planner/catalog',
    'planner/partitioning',
  ],
  'worker/exchange': ['worker/rows', 'planner/plan', 'planner/errors', 'planner/catalog', 'planner/partitioning'],
  'worker/parquet': ['planner/errors'],
  'worker/protocol': ['planner/plan', 'planner/errors', 'planner/catalog'],
  'worker/rows': ['planner/errors', 'planner/keywords'],
};

function mayImport(from: string, to: string): boolean {
  if (from === to) return true;
  const layerOf = (room: string) => gatewayLayers.findIndex((layer) => layer.includes(room));
  if (layerOf(from) >= 0 && layerOf(from) < layerOf(to)) return true;
  if (from.startsWith('planner/')) return to.startsWith('planner/');
  return furtherEdges[from]?.some((allowed) => to === allowed || to.startsWith(`${allowed}/`)) ?? false;
}

/** Packages that only some places may import, by the beginning of their path. */
const restrictedPackages: Readonly<Record<string, readonly string[]>> = {
  'node-sql-parser': ['planner/sql/'],
  'libpg-query': ['planner/sql/postgres.ts'],
  'pg-gateway': ['gateway/pgwire/'],
  'pg-protocol': ['gateway/pgwire/', 'worker/rows/', 'gateway/cli/wire-client.ts'],
  'apache-arrow': ['worker/exchange/'],
  ws: ['gateway/fleet/', 'gateway/http/', 'worker/'],
  pino: ['gateway/observe/'],
};

function packageOf(target: string): string {
  return target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : target.split('/')[0]!;
}

describe('imports', () => {
  it('go one way', () => {
    const wrong = product.flatMap((source) =>
      source.imports
        .filter((imported) => imported.target.startsWith('.'))
        .map((imported) => relative(root, resolve(root, dirname(source.path), imported.target)))
        .filter((target) => !mayImport(roomOf(source.path), roomOf(target)))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are found by this test', () => {
    const text = [
      "import a, { type B } from 'x';",
      "export type { C } from './c.ts';",
      "await import('y'); import 'z';",
    ];
    expect(importsOf(text.join('\n'))).toEqual([
      { target: 'x', typeOnly: false },
      { target: './c.ts', typeOnly: true },
      { target: 'z', typeOnly: false },
      { target: 'y', typeOnly: false },
    ]);
    expect(withoutComments("a // 'b'\n/* c */ 'http://d' `//e`")).toBe("a \n 'http://d' `//e`");
    expect(mayImport('gateway/config', 'gateway/cli')).toBe(false);
    expect(mayImport('worker/rows', 'gateway/pgwire')).toBe(false);
    expect(mayImport('planner/sql', 'worker/rows')).toBe(false);
    expect(mayImport('gateway/cli', 'testdata')).toBe(false);
  });

  it('of some packages are for some rooms only', () => {
    const wrong = product.flatMap((source) =>
      source.imports
        .filter((imported) => !imported.typeOnly && !imported.target.startsWith('.'))
        .filter((imported) => {
          const places = restrictedPackages[packageOf(imported.target)];
          return places !== undefined && !places.some((place) => source.path.startsWith(place));
        })
        .map((imported) => `${source.path} imports ${imported.target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are of packages in package.json, and each of these is used', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const used = new Set(product.flatMap((source) => source.imports.map((imported) => packageOf(imported.target))));
    const packages = [...used].filter((name) => !name.startsWith('.') && !name.startsWith('node:'));
    expect(packages.sort()).toEqual(Object.keys(dependencies).sort());
  });

  it('of the planner reach nothing outside it', () => {
    const allowed = new Set(['node-sql-parser', 'libpg-query']);
    const wrong = product
      .filter((source) => source.path.startsWith('planner/'))
      .flatMap((source) => source.imports.map((imported) => `${source.path} imports ${imported.target}`))
      .filter((line) => !line.includes(' imports .') && !allowed.has(packageOf(line.split(' imports ')[1]!)));
    expect(wrong).toEqual([]);
  });
});

function linesWith(pattern: RegExp, allowed: (path: string) => boolean, part: 'code' | 'text'): readonly string[] {
  return product
    .filter((source) => !allowed(source.path))
    .flatMap((source) => (source[part].match(pattern) ?? []).map((found) => `${source.path}: ${found}`));
}

describe('code', () => {
  it('opens DuckDB instances in worker/engine only', () => {
    const pattern = /DuckDBInstance\s*\.\s*(create|fromCache)\b/g;
    expect(linesWith(pattern, (path) => path.startsWith('worker/engine/'), 'code')).toEqual([]);
  });

  it('reads the environment and the command line in few places', () => {
    const places = ['gateway/config/', 'gateway/cli/', 'gateway/main.ts', 'worker/main.ts'];
    expect(
      linesWith(/process\.(env|argv)\b/g, (path) => places.some((place) => path.startsWith(place)), 'code'),
    ).toEqual([]);
  });

  it('of the planner knows no clock and no chance', () => {
    const pattern = /\b(Date\.now|new Date\(\)|performance\.now|Math\.random|process\.\w+|setTimeout|setInterval)/g;
    expect(linesWith(pattern, (path) => !path.startsWith('planner/'), 'code')).toEqual([]);
  });

  it('writes to the console nowhere', () => {
    expect(linesWith(/\bconsole\.\w+/g, () => false, 'code')).toEqual([]);
  });

  it('has no leftovers', () => {
    const pattern = new RegExp(`\\b(${['TO', 'FIX', 'X'].join('|')})(DO|ME|XX)\\b`, 'g');
    expect(linesWith(pattern, () => false, 'text')).toEqual([]);
  });

  it('stays in small files with kebab-case names', () => {
    const long = sources.filter((source) => source.text.split('\n').length > mostLines + 1);
    expect(long.map((source) => source.path)).toEqual([]);
    const name = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|slow\.test|clients\.test|bench))?\.c?ts$/;
    expect(sources.map((source) => source.path).filter((path) => !name.test(path.split('/').at(-1)!))).toEqual([]);
  });

  it('stays in small functions', () => {
    const { linter } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
    expect(linter.rules.complexity.noExcessiveLinesPerFunction).toEqual({ level: 'error', options: { maxLines: 70 } });
    const pattern = /biome-ignore[^\n]*noExcessiveLinesPerFunction/g;
    expect(linesWith(pattern, () => false, 'text')).toEqual([]);
  });

  it('names no folder of one machine', () => {
    expect(linesWith(/(?<![\w.])\/(work|home|root)\/\w+/g, () => false, 'text')).toEqual([]);
  });
});

describe('package', () => {
  it('pins every version', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)),
    );
    expect(loose).toEqual([]);
  });

  it('has no source folders but these', () => {
    const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const made = /^(\..*|node_modules|dist.*)$/;
    expect(
      folders
        .map((entry) => entry.name)
        .filter((name) => !made.test(name))
        .sort(),
    ).toEqual([...roots].sort());
  });
});

describe('documents', () => {
  const document = (name: string) => readFileSync(join(root, name), 'utf8');

  it('describe every setting', () => {
    const readme = document('README.md');
    const missing = settingEntries
      .filter(([, setting]: readonly [string, Setting]) => setting.hidden === undefined)
      .map(([name, setting]: readonly [string, Setting]) => [
        name,
        setting.flag === false ? envName(name) : flagName(name),
      ])
      .filter(([, shown]) => !readme.includes(`\`${shown}\``));
    expect(missing).toEqual([]);
  });

  it('describe every room', () => {
    const architecture = document('ARCHITECTURE.md');
    const rooms = new Set(
      product.map((source) => dirname(source.path)).filter((folder) => folder.split('/').length === 2),
    );
    expect([...rooms].filter((room) => !architecture.includes(`${room}/`))).toEqual([]);
  });
});
