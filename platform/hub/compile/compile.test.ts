// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are the variables of profiles written
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Envelope } from '../../desired/envelope.ts';
import { platformError } from '../../errors.ts';
import { type CompileInput, compile } from './compile.ts';
import {
  codesOf,
  inputOf,
  made,
  openSealed,
  packOf,
  profileOf,
  samplePack,
  samplePacks,
} from './testing/sample.ts';

async function refused(input: CompileInput): Promise<{ code: string; path: string }[]> {
  const compiled = await compile(input);
  assert.ok(compiled.state === 'invalid', 'it was compiled');
  for (const { code } of compiled.findings) assert.ok(code in platformError.table, code);
  return compiled.findings.map(({ code, path }) => ({ code, path }));
}

describe('compiling a cluster', () => {
  test('names everything by digest, with the values of preset and profile laid over each other', async () => {
    const presets = [{ name: 'ha', values: { replicas: 3, host: 'preset.test' } }];
    const packs = samplePacks({ web: samplePack('web', '1.0.0', { presets }) });
    const pack = packOf('web', { preset: 'ha', values: 'host: own.test\n' });
    const envelope = await made(inputOf(profileOf([pack]), { packs }));
    assert.equal(envelope.number, 1);
    const [layer] = envelope.layers;
    assert.deepEqual(layer?.values, { replicas: 3, host: 'own.test' });
    assert.deepEqual(layer?.pack, {
      registry: 'platform',
      repository: 'skerry/packs/web',
      version: '1.0.0',
      digest: pack.digest,
    });
    assert.deepEqual(layer?.drift, { mode: 'correct' });
    assert.deepEqual(envelope.registries, [{ name: 'platform', address: 'registry.test' }]);
    assert.deepEqual(Envelope.parse(JSON.parse(JSON.stringify(envelope))), envelope);
  });

  test('fills variables in: whole scalars keep their type, texts take them in, a doubled $ escapes', async () => {
    const variables = [
      { name: 'count', type: 'integer' as const },
      { name: 'site', default: 'north' },
      { name: 'unset' },
    ];
    const values =
      'replicas: ${count}\nhost: "${site}-${count}.test"\nraw: "$${site}"\ngone: ${unset}\nlist: ["${unset}", "${site}"]\n';
    const profile = profileOf([packOf('web', { values })], { variables });
    const { layers } = await made(inputOf(profile, { variables: [{ name: 'count', value: 4 }] }));
    assert.deepEqual(layers[0]?.values, {
      replicas: 4,
      host: 'north-4.test',
      raw: '${site}',
      list: ['north'],
    });
  });

  test('a sensitive variable is in what is sealed and nowhere else, and is not sealed again without need', async () => {
    const variables = [{ name: 'password', sensitive: true }];
    const values =
      'replicas: 2\nauth:\n  user: admin\n  url: "https://u:${password}@db"\nargs: ["-p", "${password}"]\n';
    const profile = profileOf([packOf('web', { values })], { variables });
    const use = { name: 'password', secret: { name: 'db', key: 'pw' } };
    const secretText = (name: string, key: string) => (name === 'db' && key === 'pw' ? 'hunter2' : undefined);
    const input = inputOf(profile, { variables: [use], secretText });
    const first = await made(input);
    const [layer] = first.layers;
    assert.deepEqual(layer?.values, { replicas: 2, auth: { user: 'admin' } });
    assert.deepEqual(openSealed(layer?.sealed), {
      auth: { url: 'https://u:hunter2@db' },
      args: ['-p', 'hunter2'],
    });
    assert.ok(!JSON.stringify({ ...first, layers: [{ ...layer, sealed: '' }] }).includes('hunter2'));
    assert.equal((await compile({ ...input, last: first })).state, 'unchanged');
    const changed = await made({ ...input, last: first, secretText: () => 'other' });
    assert.equal(changed.number, 2);
    const rekeyed = await made({ ...input, last: first, sealingKey: { kty: 'EC', x: 'new' } });
    assert.notEqual(rekeyed.layers[0]?.sealed, layer?.sealed);
  });

  test('a secret that fits no schema is refused without being shown', async () => {
    const variables = [{ name: 'count', sensitive: true, type: 'integer' as const }];
    const profile = profileOf([packOf('web', { values: 'replicas: ${count}' })], { variables });
    const use = { name: 'count', secret: { name: 'db', key: 'pw' } };
    const compiled = await compile(inputOf(profile, { variables: [use], secretText: () => '-98765' }));
    assert.deepEqual(codesOf(compiled), ['VALUES_INVALID']);
    assert.ok(!JSON.stringify(compiled).includes('98765'));
  });

  test('another registry comes with its address, its certificates and its sealed credentials', async () => {
    const spec = { address: 'other.test', prefix: 'team', ca: 'PEM', credentials: { name: 'pull' } };
    const secretText = (_: string, key: string) => ({ username: 'u', password: 'p' })[key];
    const registries = new Map([['other', spec]]);
    const profile = profileOf([packOf('web', { registry: 'other' })]);
    const { layers, registries: named } = await made(inputOf(profile, { registries, secretText }));
    assert.equal(layers[0]?.pack.repository, 'team/web');
    assert.equal(named.length, 1);
    assert.equal(named[0]?.name, layers[0]?.pack.registry);
    assert.equal(named[0]?.ca, 'PEM');
    assert.deepEqual(openSealed(named[0]?.sealed), { username: 'u', password: 'p' });
  });

  test('agents beside a cache of a registry hear of it, and show it what is lent for it', async () => {
    const near = { upstream: 'https://other.test', address: 'http://10.0.0.5:31998', ca: 'PEM' };
    const spec = { address: 'other.test', prefix: 'team', credentials: { name: 'pull' } };
    const registries = new Map([['other', spec]]);
    const profile = profileOf([packOf('web', { registry: 'other' }), packOf('app')]);
    const cachesWhere = async (lentFor: readonly string[]) => {
      const secretText = (_: string, key: string, use: { purpose: string; host?: string | undefined }) =>
        lentFor.includes(use.host ?? '') ? key : { refused: 'not lent' };
      const { registries: named } = await made(inputOf(profile, { registries, secretText, nearCache: near }));
      return named.map(({ name, cache }) => `${name} ${cache?.address}`);
    };
    assert.deepEqual(await cachesWhere(['other.test', '10.0.0.5:31998']), [
      'platform undefined',
      'project.other http://10.0.0.5:31998',
    ]);
    assert.deepEqual(await cachesWhere(['other.test']), ['platform undefined', 'project.other undefined']);
    const own = { ...near, upstream: 'http://registry.test' };
    const { registries: named } = await made(inputOf(profileOf([packOf('app')]), { nearCache: own }));
    assert.deepEqual(named[0]?.cache, { address: 'http://10.0.0.5:31998', ca: 'PEM' });
  });

  test('layers stand in the order of the profiles, each after what it needs', async () => {
    const dependencies = [{ pack: 'base', range: '^1.0.0' }];
    const packs = samplePacks({ app: samplePack('app', '1.0.0', { dependencies }) });
    const profile = profileOf([
      packOf('app'),
      packOf('other', { dependsOn: ['late'] }),
      packOf('base'),
      packOf('late'),
    ]);
    const { layers } = await made(inputOf(profile, { packs }));
    assert.deepEqual(
      layers.map(({ name }) => name),
      ['base', 'app', 'late', 'other'],
    );
    assert.deepEqual(layers[1]?.dependsOn, ['base']);
  });

  test('a circle is named', async () => {
    const profile = profileOf([
      packOf('a', { dependsOn: ['b'] }),
      packOf('b', { dependsOn: ['c'] }),
      packOf('c', { dependsOn: ['b'] }),
    ]);
    const compiled = await compile(inputOf(profile));
    assert.deepEqual(codesOf(compiled), ['DEPENDENCY_CYCLE']);
    assert.match(JSON.stringify(compiled), /b → c → b/);
  });

  const dependent = { dependencies: [{ pack: 'base', range: '^2.0.0' }] };
  const sensitive = [{ name: 'v', sensitive: true }];
  const wrong: Record<string, [code: string, input: CompileInput]> = {
    'an unknown profile': [
      'PROFILE_NOT_FOUND',
      inputOf(profileOf([packOf('a')]), { profile: () => undefined }),
    ],
    'an unknown pack': [
      'PACK_NOT_FOUND',
      inputOf(profileOf([packOf('a')]), { packs: () => ({ state: 'unknown-name' }) }),
    ],
    'an unknown digest': [
      'PACK_DIGEST_UNKNOWN',
      inputOf(profileOf([packOf('a')]), { packs: () => ({ state: 'unknown-digest' }) }),
    ],
    'the digest of another pack': [
      'PACK_DIGEST_UNKNOWN',
      inputOf(profileOf([packOf('a')]), { packs: samplePacks({ a: samplePack('b') }) }),
    ],
    'a pack that cannot be read': [
      'PACK_UNREADABLE',
      inputOf(profileOf([packOf('a')]), { packs: () => ({ state: 'unreadable', detail: 'away' }) }),
    ],
    'an unknown registry': ['PACK_REGISTRY_UNKNOWN', inputOf(profileOf([packOf('a', { registry: 'x' })]))],
    'an unknown preset': ['PACK_PRESET_UNKNOWN', inputOf(profileOf([packOf('a', { preset: 'x' })]))],
    'a pack that lacks another': [
      'PACK_DEPENDENCY_UNMET',
      inputOf(profileOf([packOf('a')]), { packs: samplePacks({ a: samplePack('a', '1.0.0', dependent) }) }),
    ],
    'a pack that needs a later version': [
      'PACK_DEPENDENCY_UNMET',
      inputOf(profileOf([packOf('a'), packOf('base')]), {
        packs: samplePacks({ a: samplePack('a', '1.0.0', dependent) }),
      }),
    ],
    'an unknown dependsOn': ['DEPENDENCY_UNKNOWN', inputOf(profileOf([packOf('a', { dependsOn: ['x'] })]))],
    'a pack in two profiles': [
      'LAYER_NAME_TAKEN',
      inputOf(profileOf([packOf('a')]), {
        spec: {
          profiles: [
            { name: 'web', version: '1.0.0' },
            { name: 'db', version: '1.0.0' },
          ],
        },
        profile: () => profileOf([packOf('a')]),
      }),
    ],
    'values that are no mapping': ['VALUES_INVALID', inputOf(profileOf([packOf('a', { values: '- 1' })]))],
    'values that are no YAML': ['VALUES_INVALID', inputOf(profileOf([packOf('a', { values: 'a: [' })]))],
    'values that the schema refuses': [
      'VALUES_INVALID',
      inputOf(profileOf([packOf('a', { values: 'replicas: many' })])),
    ],
    'an undeclared variable': [
      'VARIABLE_UNKNOWN',
      inputOf(profileOf([packOf('a', { values: 'host: ${v}' })])),
    ],
    'a value for an undeclared variable': [
      'VARIABLE_UNKNOWN',
      inputOf(profileOf([packOf('a')]), { variables: [{ name: 'v', value: 1 }] }),
    ],
    'a variable without its value': [
      'VARIABLE_MISSING',
      inputOf(profileOf([packOf('a')], { variables: [{ name: 'v', required: true }] })),
    ],
    'a variable of another type': [
      'VARIABLE_INVALID',
      inputOf(profileOf([packOf('a')], { variables: [{ name: 'v', type: 'integer' }] }), {
        variables: [{ name: 'v', value: '1' }],
      }),
    ],
    'a variable against its pattern': [
      'VARIABLE_INVALID',
      inputOf(profileOf([packOf('a')], { variables: [{ name: 'v', pattern: '^x+$' }] }), {
        variables: [{ name: 'v', value: 'y' }],
      }),
    ],
    'a pattern that takes forever': [
      'VARIABLE_INVALID',
      inputOf(profileOf([packOf('a')], { variables: [{ name: 'v', pattern: '^(x+x+)+y$' }] }), {
        variables: [{ name: 'v', value: 'x'.repeat(60) }],
      }),
    ],
    'a sensitive variable in clear': [
      'VARIABLE_INVALID',
      inputOf(profileOf([packOf('a')], { variables: sensitive }), { variables: [{ name: 'v', value: 'x' }] }),
    ],
    'a secret that is not there': [
      'SECRET_MISSING',
      inputOf(profileOf([packOf('a')], { variables: sensitive }), {
        variables: [{ name: 'v', ...{ secret: { name: 's', key: 'k' } } }],
      }),
    ],
    'a secret and no key to seal it for': [
      'SEALING_KEY_MISSING',
      inputOf(profileOf([packOf('a', { values: 'host: ${v}' })], { variables: sensitive }), {
        variables: [{ name: 'v', ...{ secret: { name: 's', key: 'k' } } }],
        secretText: () => 'x',
        sealingKey: undefined,
      }),
    ],
    'an unknown agent': [
      'AGENT_VERSION_UNKNOWN',
      inputOf(profileOf([packOf('a')]), {
        spec: { profiles: [{ name: 'web', version: '1.0.0' }], agent: { version: '9.9.9' } },
      }),
    ],
    'too much of everything': [
      'ENVELOPE_TOO_LARGE',
      inputOf(profileOf(['a', 'b', 'c'].map((name) => packOf(name, { values: `x: ${'y'.repeat(16_000)}` })))),
    ],
  };
  for (const [what, [code, input]] of Object.entries(wrong)) {
    test(`${what} is refused with ${code} and the field at fault`, async () => {
      const [first, ...others] = await refused(input);
      assert.equal(first?.code, code);
      assert.match(first?.path ?? '', /^spec\.(profiles|agent)/);
      assert.deepEqual(others, []);
    });
  }

  test('makes use only of what the agent has said that it knows', async () => {
    const features = [{ name: 'sealing', fields: ['layers[].sealed'] }];
    const profile = profileOf([packOf('a', { values: 'host: ${v}' })], {
      variables: [{ name: 'v', sensitive: true }],
    });
    const sealed = {
      features,
      variables: [{ name: 'v', ...{ secret: { name: 's', key: 'k' } } }],
      secretText: () => 'x',
    };
    const [finding] = await refused(inputOf(profile, sealed));
    assert.deepEqual(finding, { code: 'AGENT_FEATURE_MISSING', path: 'spec' });
    const known = await made(inputOf(profile, { ...sealed, agentFeatures: ['sealing', 'other'] }));
    assert.deepEqual(known.requires, ['sealing']);
    // Nothing is needed of the agent for what is not made use of.
    assert.ok(!('requires' in (await made(inputOf(profileOf([packOf('a')]), { features })))));
  });

  test('a layer does not move to another namespace', async () => {
    const last = await made(inputOf(profileOf([packOf('a')])));
    const moved = profileOf([packOf('a', { namespace: 'elsewhere' })]);
    assert.deepEqual(codesOf(await compile(inputOf(moved, { last }))), ['LAYER_NAMESPACE_CHANGED']);
  });

  test('a paused cluster gets nothing new but that it is paused', async () => {
    const last = await made(inputOf(profileOf([packOf('a')])));
    const spec = { profiles: [{ name: 'web', version: '1.0.0' }], paused: true };
    const paused = await made(inputOf(profileOf([packOf('b')]), { last, spec }));
    assert.deepEqual({ ...paused, number: 1, paused: false, issuedAt: last.issuedAt }, last);
    assert.equal(
      (await compile(inputOf(profileOf([packOf('c')]), { last: paused, spec }))).state,
      'unchanged',
    );
    const resumed = await made(inputOf(profileOf([packOf('b')]), { last: paused }));
    assert.deepEqual(
      resumed.remove.map(({ name }) => name),
      ['a'],
    );
  });

  test('an envelope is numbered on from the last, and none is made without a change', async () => {
    const input = inputOf(profileOf([packOf('a'), packOf('b')]));
    const last = await made(input);
    const later = { ...input, last, now: new Date('2027-01-01T00:00:00Z') };
    assert.equal((await compile(later)).state, 'unchanged');
    const next = await made({ ...later, profile: () => profileOf([packOf('a')]) });
    assert.equal(next.number, 2);
    assert.deepEqual(next.remove, [{ name: 'b', namespace: 'b', onRemove: 'prune' }]);
  });

  test('whatever the edits, just what left is named for removal until it is reported gone', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const step = fc.record({
      layers: fc.subarray(names),
      // What the agent has said by then: nothing, or that all is gone that it was to remove.
      reports: fc.boolean(),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const history = new History();
      for (const { layers, reports } of steps) {
        await history.compile(layers);
        if (reports) await history.report();
      }
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test('a list of profiles that got lost removes nothing, and one that may be empty all', async () => {
    const input = inputOf(profileOf([packOf('a'), packOf('b')]));
    const last = await made(input);
    const lost = { ...input, last };
    for (const spec of [{}, { profiles: [] }, { profiles: [], policy: { allowEmpty: false } }])
      assert.deepEqual(await refused({ ...lost, spec }), [
        { code: 'PROFILES_MISSING', path: 'spec.profiles' },
      ]);
    const { layers, remove } = await made({ ...lost, spec: { policy: { allowEmpty: true } } });
    assert.deepEqual(layers, []);
    assert.deepEqual(
      remove.map(({ name }) => name),
      ['a', 'b'],
    );
    assert.deepEqual(codesOf(await compile({ ...input, last: undefined, spec: {} })), []);
  });
});

/** A cluster through several edits, with the agent's word on some of them. */
class History {
  #last: Envelope | undefined;
  #acknowledged: CompileInput['acknowledged'];
  #input = inputOf(profileOf([]));
  /** The layers that may be in the cluster: given once, and not reported gone since. */
  readonly #present = new Set<string>();

  async compile(layers: readonly string[]): Promise<void> {
    this.#input = inputOf(profileOf(layers.map((name) => packOf(name))));
    const compiled = await this.#again();
    for (const name of layers) this.#present.add(name);
    if (compiled.state === 'made') {
      const { envelope } = compiled;
      assert.equal(envelope.number, (this.#last?.number ?? 0) + 1);
      const named = envelope.remove.map(({ name }) => name).sort();
      assert.deepEqual(named, [...this.#present].filter((name) => !layers.includes(name)).sort());
      this.#last = envelope;
    }
    assert.equal((await this.#again()).state, 'unchanged');
  }

  async report(): Promise<void> {
    if (this.#last === undefined) return;
    const removed = this.#last.remove.map(({ name }) => name);
    this.#acknowledged = { number: this.#last.number, removed };
    for (const name of removed) this.#present.delete(name);
    assert.equal((await this.#again()).state, 'unchanged');
  }

  async #again() {
    return await compile({ ...this.#input, last: this.#last, acknowledged: this.#acknowledged });
  }
}
