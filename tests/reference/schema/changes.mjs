// Compares schema.graphql with the one of the last release, and holds deprecations to the policy of CONTRIBUTING.md.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diff } from '@graphql-inspector/core';
import { buildSchema, parse, visit } from 'graphql';
import { here, readSchema, root } from './files.mjs';

// ---- the policy of deprecations

/** Use `x`. Gone after 2027-06-30. */
const DEPRECATION = /Use `[^`]+`.*\. Gone after \d{4}-\d{2}-\d{2}\.$/s;

/** The deprecations that name no replacement or no date. */
export function vagueDeprecations(sdl) {
  const found = [];
  visit(parse(sdl), {
    Directive: (directive) => {
      if (directive.name.value !== 'deprecated') return;
      const reason = directive.arguments.find(({ name }) => name.value === 'reason')?.value.value ?? '';
      if (!DEPRECATION.test(reason)) found.push(`line ${directive.loc.startToken.line}: @deprecated(reason: "${reason}")`);
    },
  });
  return found;
}

export function checkDeprecations() {
  const fixture = readFileSync(join(here, 'fixtures/after.graphql'), 'utf8');
  assert.deepEqual(vagueDeprecations(fixture), ['line 10: @deprecated(reason: "Do not use.")', 'line 11: @deprecated(reason: "Use `name`.")']);
  const found = vagueDeprecations(readSchema());
  const policy = 'A deprecation must say: Use `x`. Gone after YYYY-MM-DD. See "Changing the schema" in CONTRIBUTING.md.';
  assert.deepEqual(found, [], `${policy}\n${found.join('\n')}`);
  return 'all name a replacement and a date';
}

// ---- the comparison

/** The sections of the changelog about what is not released. */
const unreleased = (changelog) => changelog.split(/^(?=## )/m).filter((section) => /^## .*unreleased/i.test(section)).join('\n');

/** Breaking changes that the changelog does not name by their coordinate, and dangerous ones. */
export async function compare(before, after, changelog) {
  const changes = await diff(buildSchema(before), buildSchema(after));
  const of = (level) => changes.filter(({ criticality }) => criticality.level === level);
  const lines = unreleased(changelog);
  const named = ({ path }) => lines.includes(`\`${path}\``);
  // Whether the path is an argument, as in `Query.users.first`, or not: coordinates write it `Query.users(first:)`.
  const asCoordinate = ({ path }) => path.replace(/^(\w+\.\w+)\.(\w+)$/, '$1($2:)');
  const isNamed = (change) => named(change) || named({ path: asCoordinate(change) });
  return {
    breaking: of('BREAKING').length,
    unnamed: of('BREAKING').filter((change) => !isNamed(change)).map((change) => `\`${asCoordinate(change)}\`: ${change.message}`),
    dangerous: of('DANGEROUS').map(({ message }) => message),
  };
}

const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** The tag of the last release. Undefined if there is none. Throws if that cannot be known. */
function lastRelease() {
  if (git('tag', '--list', 'v[0-9]*', '--merged', 'HEAD')) return git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*');
  // A clone without history has no tags either: that is no proof.
  if (git('rev-parse', '--is-shallow-repository') === 'true') throw new Error('this clone is shallow (git fetch --unshallow --tags)');
  return undefined;
}

export async function checkChanges() {
  let release;
  try {
    release = lastRelease();
  } catch (error) {
    // .ci/run looks for these words, and repeats them at its end.
    return `NOT CHECKED: changes since the last release, which is unknown: ${error.message.trim().split('\n').pop()}`;
  }
  if (!release) return 'no release yet: nothing to compare';
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const { breaking, unnamed, dangerous } = await compare(git('show', `${release}:schema.graphql`), readSchema(), changelog);
  for (const message of dangerous) console.log(`Dangerous since ${release}: ${message}`);
  const advice = `The changelog must name these breaks since ${release} under "unreleased":`;
  assert.deepEqual(unnamed, [], `${advice}\n${unnamed.join('\n')}`);
  return `${breaking} breaking changes since ${release}, all in the changelog; ${dangerous.length} dangerous ones`;
}

// ---- the comparison, compared

export async function checkTheCheckOfChanges() {
  const [before, after] = ['before', 'after'].map((name) => readFileSync(join(here, `fixtures/${name}.graphql`), 'utf8'));
  const silent = '## [0.2.0] - unreleased\n\n- A faster `login`.\n\n## [0.1.0] - 2027-01-01\n\n- `User.nickname` is gone.\n';
  const outspoken = silent.replace('- A faster', '- `User.nickname` is gone: use `name`. `Query.users(first:)` must be given. A faster');

  const refused = await compare(before, after, silent);
  assert.deepEqual(refused.unnamed.map((line) => line.split(': ')[0]).sort(), ['`Query.users(first:)`', '`User.nickname`']);
  const passed = await compare(before, after, outspoken);
  assert.deepEqual(passed.unnamed, []);
  assert.equal(passed.breaking, 2);
  for (const added of [/'LOCKED' was added to enum/, /Member 'MfaRequired' was added to Union/]) {
    assert.ok(passed.dangerous.some((message) => added.test(message)), `${added} in\n${passed.dangerous.join('\n')}`);
  }
  return 'a break without a line in the changelog is refused, a new enum value and union member are reported';
}
