import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../../../apply/object.ts';
import { testCertificate } from '../../../content/testing/certificate.ts';
import { needlesOf } from './known-secrets.ts';
import { createRedactor } from './redactor.ts';

const PLANTED = 'tr0ub4dor-hunter2';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const PEM_LINE = PEM.split('\n')[1] ?? '';
const JWT = `${b64url('{"alg":"RS256"}')}.${b64url('{"sub":"me"}')}.c2lnbmF0dXJl`;

function b64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function b64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function secret(texts: Record<string, string>, name = 'mail-login'): KubeObject {
  const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, b64(text)]));
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'ships' }, type: 'Opaque', data };
}

describe('a text, without knowing any Secret', () => {
  /** What is written, and what of it may not be there afterwards. */
  const texts: Record<string, readonly [text: string, hidden: string]> = {
    'a private key': [`key:\n${PEM}after`, PEM_LINE],
    'a private key in JSON': [JSON.stringify({ note: PEM }), PEM_LINE],
    'a private key that is cut off': [PEM.slice(0, 120), PEM_LINE],
    'a private key in base64': [`tls.key: ${b64(PEM)}`, b64(PEM).slice(0, 60)],
    'a JSON web token': [`got ${JWT} from it`, JWT],
    'a bearer token': ['Authorization: Bearer abcdef123456', 'abcdef123456'],
    'a bearer token in curl': [`curl -H "Authorization: Bearer ${PLANTED}" x`, PLANTED],
    'basic authentication': [`basic: Basic ${b64(`me:${PLANTED}`)}`, b64(`me:${PLANTED}`)],
    'an address with a password': [`GET https://me:${PLANTED}@host.example/v2/ 401`, PLANTED],
    'an address with a slash in its password': [`postgres://me:a/${PLANTED}@db:5432/x`, PLANTED],
    'an address with a token alone': [`git+https://${PLANTED}@host.example/x.git`, PLANTED],
    'a query': [`GET /v2/token?account=me&access_token=${PLANTED}&x=1`, PLANTED],
    'a signed query': [`https://s3/x?X-Amz-Signature=${PLANTED}&y=2`, PLANTED],
    'a variable': [`DB_PASSWORD=${PLANTED} node x`, PLANTED],
    'a quoted variable with blanks': [`DB_PASSWORD="${PLANTED} and more" x`, 'and more'],
    'a flag': [`skerry --registry-password ${PLANTED} --x`, PLANTED],
    'a flag with =': [`--token=${PLANTED}`, PLANTED],
    'a flag in JSON': [`"args":["--password","${PLANTED}"]`, PLANTED],
    'a field of YAML': [`user: me\npassword: ${PLANTED}\n`, PLANTED],
    'a field of YAML in a list': [`- apiKey: ${PLANTED}\n  name: x`, PLANTED],
    'a block of YAML': [`a: 1\npassword: |\n  one\n  ${PLANTED}\nb: 2`, PLANTED],
    'a field of JSON': [`{"clientSecret": "${PLANTED}"}`, PLANTED],
    'a field of JSON in JSON': [JSON.stringify({ msg: JSON.stringify({ password: PLANTED }) }), PLANTED],
    'JSON in JSON in JSON': [JSON.stringify(JSON.stringify(JSON.stringify({ password: PLANTED }))), PLANTED],
    'a variable in JSON': [`{"name":"API_TOKEN","value":"${PLANTED}"}`, PLANTED],
    'a sentence': [`the password is ${PLANTED}`, PLANTED],
    'the middle of a log line': [`level=info msg="x" token: ${PLANTED} y`, PLANTED],
    'a cookie': [`Set-Cookie: sid=${PLANTED}; Path=/`, PLANTED],
    'a header of a key': [`x-api-key: ${PLANTED}`, PLANTED],
    'a docker config': [`{"auths":{"r":{"auth":"${b64(`me:${PLANTED}`)}"}}}`, b64(`me:${PLANTED}`)],
    'a docker config in base64': [
      `.dockerconfigjson: ${b64(`{"auths":{"r":{"password":"${PLANTED}"}}}`)}`,
      b64(`{"auths":{"r":{"password":"${PLANTED}"}}}`).slice(0, 40),
    ],
    'a key of a cloud': ['id AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE'],
    'a token of a vendor': [`x ghp_${'a1B2'.repeat(9)} y`, 'ghp_a1B2'],
    'an age key': [`AGE-SECRET-KEY-1${'Q3Z'.repeat(19)}`, 'Q3ZQ3ZQ3Z'],
    'a bcrypt hash': [`me:$2y$10$${'abcdefghijk'.repeat(4)}`, 'abcdefghijkabc'],
    'a line of netrc': [`machine h login me password ${PLANTED}`, PLANTED],
    'a login of curl': [`curl -u me:${PLANTED} https://h`, PLANTED],
    'a login of skopeo': [`skopeo copy --src-creds=x --creds me:${PLANTED} a b`, PLANTED],
    'a password of SQL': [`CREATE USER me IDENTIFIED BY '${PLANTED}'`, PLANTED],
    'a password of npm': [`//registry.example/:_authToken=${PLANTED}`, PLANTED],
    'a hash of htpasswd': ['me:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', 'W6ph5Mm5Pz8'],
    'a hook of Slack': [`https://hooks.slack.com/services/T0/B0/${PLANTED}`, PLANTED],
    'a hook of Slack in JSON': [`{"url":"https://hooks.slack.com/services/T0/B0/${PLANTED}"}`, PLANTED],
    'a kubeconfig': [`users:\n- name: me\n  user:\n    token: ${PLANTED}\n`, PLANTED],
    'a key of a kubeconfig': [`    client-key-data: ${b64(PEM)}`, b64(PEM).slice(0, 50)],
    SMTP_PASS: [`SMTP_PASS=${PLANTED}`, PLANTED],
    SECRET_KEY_BASE: [`SECRET_KEY_BASE: ${PLANTED}`, PLANTED],
    'a setting of Java': [`-Djavax.net.ssl.keyStorePassword=${PLANTED}`, PLANTED],
    properties: [`spring.datasource.password = ${PLANTED}`, PLANTED],
    TOML: [`password = "${PLANTED} x"`, `${PLANTED} x`],
    'a value with odd characters': [`password=a;b,c)d]e${PLANTED}`, PLANTED],
    'a Go struct': [`{User:me Password:${PLANTED} Host:x}`, PLANTED],
    'an account key': [`AccountName=x;AccountKey=${'Ab3dEf6hIj9k'.repeat(6)}==;`, 'Ab3dEf6hIj9kAb3d'],
    'what looks like a key behind a sign': ['blob=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12', 'wJalrXUtnFEMI'],
    'what looks like a key': [`value wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12 x`, 'wJalrXUtnFEMI'],
  };
  for (const [title, [text, hidden]] of Object.entries(texts)) {
    test(`loses ${title}`, () => {
      const redactor = createRedactor([]);
      const left = redactor.text(text);
      assert.ok(!left.includes(hidden), left);
      assert.match(left, /\[redacted: /);
      assert.ok(Object.values(redactor.counts).some((count) => count > 0));
    });
  }

  const kept: readonly string[] = [
    `localhost:31999/skerry@sha256:${'0123456789abcdef'.repeat(4)}`,
    `http://localhost:31999/skerry@sha256:${'0123456789abcdef'.repeat(4)}`,
    'SHA256:n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
    'automountServiceAccountToken: false',
    'Error: CLUSTER_UNREACHABLE The cluster does not answer. (connect ECONNREFUSED 10.0.0.1:6443)',
    'at Journal.open (file:///usr/lib/node_modules/skerry/installer/record/journal.ts:61:12)',
    'pods "skerry-hub-6d8f9c7b5c-x2v4q" 0b0e4cf2-4d7e-4a3f-9a59-3d9a6f0e7c11 Normal Scheduled',
    'imagePullSecrets: []',
  ];
  for (const text of kept)
    test(`keeps ${text.slice(0, 50)}`, () => assert.equal(createRedactor([]).text(text), text));

  test('keeps a certificate, which is public', async () => {
    const { cert, key } = await testCertificate();
    const left = createRedactor([]).text(`${cert}\n${key}`);
    assert.ok(left.includes(cert));
    assert.ok(!left.includes('PRIVATE'));
  });

  test('is gone through in a time that grows with its length alone', { timeout: 100_000 }, () => {
    const words = ['token', '-', 'a', '"', '\\', 'password', '://', '=', ':', ' ', 'x1Y', '\n  ', '|'];
    for (const word of words) {
      const long = word.repeat(60_000 / word.length);
      const started = performance.now();
      createRedactor([]).text(long);
      assert.ok(performance.now() - started < 10_000, `${JSON.stringify(word)} took too long`);
    }
  });
});

describe('what a Secret holds', () => {
  const known = createRedactor([
    ...needlesOf(secret({ password: PLANTED, username: 'ursula' })),
    ...needlesOf(secret({ users: `skerry:$scrypt$n$abc$defghijkl\nme:${PLANTED}-2` }, 'users')),
    ...needlesOf(
      secret(
        { '.dockerconfigjson': JSON.stringify({ auths: { r: { auth: b64('me:quite-unlikely') } } }) },
        'pull',
      ),
    ),
    ...needlesOf(secret({ pin: '7391' }, 'pin')),
    ...needlesOf(secret({ 'tls.key': PEM }, 'tls')),
    ...needlesOf(secret({ env: 'A=b\nWORD=open sesame "now"' }, 'env')),
  ]);
  const forms: Record<string, readonly [text: string, hidden: string]> = {
    'as it is': [`tried ${PLANTED} in vain`, PLANTED],
    'in base64': [`tried ${b64(PLANTED)}`, b64(PLANTED).slice(0, 20)],
    'in base64 of something longer': [
      `tried ${b64(`user=x&p=${PLANTED}!`)}`,
      b64(`p=${PLANTED}`).slice(6, 20),
    ],
    'in base64 of an address': [`tried ${b64url(PLANTED)}`, b64url(PLANTED)],
    'as JSON writes it': [JSON.stringify({ said: 'open sesame "now"' }), 'open sesame'],
    'as an address writes it': [encodeURIComponent('open sesame "now"'), 'open%20sesame'],
    'in another case of its file': [`x ${PLANTED}-2 y`, PLANTED],
    'as the password of a login in base64': ['it was quite-unlikely', 'quite-unlikely'],
    'short, where it stands alone': ['pin (7391)', '7391'],
    'a line of a key': [`read ${PEM_LINE}`, PEM_LINE],
    'of a hash': ['$scrypt$n$abc$defghijkl', 'defghijkl'],
  };
  for (const [title, [text, hidden]] of Object.entries(forms))
    test(`is found ${title}`, () => {
      const left = known.text(text);
      assert.ok(!left.includes(hidden), left);
      assert.match(left, /\[redacted: /);
    });

  test('is not found within words, nor are names', () => {
    for (const text of ['build 173912 of it', 'ursula logged in', 'skerry'])
      assert.equal(known.text(text), text);
  });
});

test('objects lose values by the names beside them, whole copies of themselves, and the data of Secrets', () => {
  const redactor = createRedactor([]);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      managedFields: [{ manager: 'x' }],
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': `{"x":"${PLANTED}"}`,
        'example.com/token': PLANTED,
        note: 'kept',
      },
    },
    spec: {
      automountServiceAccountToken: true,
      containers: [
        {
          name: 'web',
          command: ['web', '--password', PLANTED, '--verbose', `--dsn=${PLANTED}`],
          env: [
            { name: 'DB_PASSWORD', value: PLANTED },
            { name: 'URL', value: `https://me:${PLANTED}@db` },
            { name: 'FROM', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
          ],
          livenessProbe: { httpGet: { httpHeaders: [{ name: 'Authorization', value: PLANTED }] } },
        },
      ],
      values: { smtp: { password: PLANTED } },
    },
  };
  const left = JSON.stringify(redactor.object(pod));
  assert.ok(!left.includes(PLANTED), left);
  for (const word of ['managedFields', 'last-applied-configuration":"{'])
    assert.ok(!left.includes(word), word);
  for (const word of [
    '"note":"kept"',
    '"name":"DB_PASSWORD"',
    '"--verbose"',
    'secretKeyRef',
    '"key":"password"',
  ])
    assert.ok(left.includes(word), word);
  const shown = JSON.stringify(redactor.object(secret({ password: PLANTED, odd: PLANTED })));
  assert.ok(!shown.includes(b64(PLANTED)), shown);
  assert.match(shown, /"odd":"\[left out, 24 characters\]"/);
});

test('what stood under the name of a secret once is taken out wherever else it stands', () => {
  const redactor = createRedactor([]);
  redactor.text(`login with password=${PLANTED} failed`);
  redactor.object({ env: [{ name: 'API_TOKEN', value: 'abc-123-def-456' }] });
  const left = redactor.again(`OTHER: "${PLANTED}", abc-123-def-456, and a word`);
  assert.equal(left.match(/\[redacted: named secret elsewhere\]/g)?.length, 2);
  assert.match(left, /and a word$/);
});

test('words, names of Secrets and addresses are not learned', () => {
  const redactor = createRedactor([]);
  redactor.object({ secret: 'skerry-hub-tls-2', token: 'expired', password: 'http://host1/x' });
  redactor.text('token: expired, password: unknown');
  const text = 'skerry-hub-tls-2 is expired, unknown at http://host1/x';
  assert.equal(redactor.again(text), text);
});

test('whatever a Secret holds is found in whatever is written around it', () => {
  const value = fc
    .string({ unit: 'grapheme', minLength: 8, maxLength: 60 })
    .filter((text) => text.trim().length >= 8);
  const around = fc.string({ unit: 'grapheme', maxLength: 20 });
  const write = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => JSON.stringify({ said: text }),
    (text) => JSON.stringify({ said: JSON.stringify({ said: text }) }),
    (text) => encodeURIComponent(text),
    (text) => b64(text),
    (text) => b64url(text),
  );
  fc.assert(
    fc.property(value, around, around, write, (text, before, behind, form) => {
      const redactor = createRedactor(needlesOf(secret({ value: text })));
      const written = `${before} ${form(text)} ${behind}`;
      const left = redactor.text(written);
      assert.match(left, /\[redacted: content of Secret/, JSON.stringify({ text, written, left }));
      for (const hidden of [text.trim(), b64(text.trim())])
        assert.ok(!left.includes(hidden), JSON.stringify({ text, written, left }));
    }),
    { numRuns: 300 },
  );
});

test('a Secret within base64 of something longer is found wherever it begins', () => {
  const ascii = fc
    .string({ unit: 'grapheme-ascii', minLength: 10, maxLength: 40 })
    .filter((text) => text.trim() === text);
  fc.assert(
    fc.property(ascii, fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), (text, before, behind) => {
      const redactor = createRedactor(needlesOf(secret({ value: text })));
      const left = redactor.text(b64(`${before}${text}${behind}`));
      assert.ok(!Buffer.from(left, 'base64').toString().includes(text), left);
      assert.match(left, /\[redacted: /);
    }),
    { numRuns: 300 },
  );
});
