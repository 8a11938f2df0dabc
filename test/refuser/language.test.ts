import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsFor } from '../../src/refuser/language.ts';

const cases: readonly { when: string; header?: string; tag: string }[] = [
  { when: 'nothing is asked for', tag: 'en' },
  { when: 'the field is empty', header: '', tag: 'en' },
  { when: 'a language stands alone', header: 'de', tag: 'de' },
  { when: 'a region is meant that there are no words for', header: 'de-CH', tag: 'de' },
  { when: 'a script is meant as well', header: 'zh-Hans-CN', tag: 'zh' },
  { when: 'letters are capitals', header: 'FR-ca', tag: 'fr' },
  { when: 'the first is not spoken', header: 'eo, pl;q=0.8, en;q=0.5', tag: 'pl' },
  { when: 'quality decides, not the order', header: 'en;q=0.2, it;q=0.9, es;q=0.5', tag: 'it' },
  { when: 'two are wished alike', header: 'nl;q=0.7, pt;q=0.7', tag: 'nl' },
  { when: 'one is refused', header: 'de;q=0, ja;q=0.1', tag: 'ja' },
  { when: 'all but one are welcome', header: '*, de;q=0.5', tag: 'en' },
  { when: 'spaces are everywhere', header: ' , es ; q=0.4 ,\tpt ; q=0.6', tag: 'pt' },
  { when: 'a quality is none', header: 'de;q=2, fr;q=abc, ja;q=0.1', tag: 'ja' },
  { when: 'tags are rubbish', header: 'de_DE, <b>, deutsch!, fr', tag: 'fr' },
  { when: 'the prefix of a longer word is spoken', header: 'den, det', tag: 'en' },
  { when: 'a browser sends what browsers send', header: 'ja-JP,ja;q=0.9,en-US;q=0.8', tag: 'ja' },
  { when: 'the list has no end', header: `${'x,'.repeat(100_000)}de`, tag: 'en' },
];
for (const { when, header, tag } of cases) {
  test(`wordsFor: ${when}`, () => assert.equal(wordsFor(header).tag, tag));
}
