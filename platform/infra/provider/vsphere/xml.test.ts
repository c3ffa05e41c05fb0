import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failureOf } from './failure.ts';
import { answerOf, VsphereFault } from './soap.ts';
import { escapeXml, parseXml, textOf } from './xml.ts';

describe('XML of a server that may be anybody', () => {
  const hostile: readonly [string, string][] = [
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an entity that nobody declared', '<a>&b;</a>'],
    ['an element that is not closed', '<a><b></a>'],
    ['nothing', ''],
    ['nesting without end', '<a>'.repeat(100_000)],
    ['a page', '<html><p>502 Bad Gateway<br></html>'],
  ];
  for (const [title, text] of hostile)
    test(`${title} is refused without being told`, () => {
      assert.throws(
        () => parseXml(text),
        (error) => error instanceof Error && !error.message.includes('502'),
      );
    });

  test('is read with its text, CDATA and both types of an element', () => {
    const root = parseXml('<r:a xmlns:x="y" x:type="T" type="U"><b>1 &lt; 2<![CDATA[ & 3]]></b></r:a>');
    assert.deepEqual([root.name, root.attributes['xsi:type'], root.attributes.type], ['a', 'T', 'U']);
    assert.equal(textOf(root, 'b'), '1 < 2 & 3');
  });

  test('is written so that it is read as it was', () => {
    const text = 'a<b>&"c\r\n\u0000\ud800ä😀';
    assert.equal(parseXml(`<a>${escapeXml(text)}</a>`).text, 'a<b>&"c\r\nä😀');
  });

  test('an answer that is none is an error, and a fault is told by its name', () => {
    assert.throws(() => answerOf('Login', '<Envelope><Body><OtherResponse/></Body></Envelope>'));
    const fault = (name: string) =>
      `<Envelope><Body><Fault><faultstring>no</faultstring><detail><x type="${name}" xmlns:xsi="i" xsi:type="${name}"/></detail></Fault></Body></Envelope>`;
    const code = (name: string) => {
      try {
        answerOf('Login', fault(name));
      } catch (error) {
        return error instanceof VsphereFault ? failureOf(error, 'vm').code : 'none';
      }
      return undefined;
    };
    assert.deepEqual(
      ['InvalidLogin', 'NoDiskSpace', 'InsufficientMemoryResourcesFault', 'Strange'].map(code),
      ['CREDENTIALS_REFUSED', 'QUOTA_EXCEEDED', 'QUOTA_EXCEEDED', 'CLOUD_REQUEST_FAILED'],
    );
  });
});
