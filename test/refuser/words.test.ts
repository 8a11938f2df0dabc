import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageOf } from '../../src/refuser/message.ts';
import { ENGLISH, LANGUAGES, type Words } from '../../src/refuser/words.ts';
import { ENDPOINT, noticeFor, SANCTIONED } from './support.ts';

/** Every text of a language by its place: `details.rule`. */
function textsOf({ details, ...words }: Words): Map<string, string> {
  return new Map([
    ...Object.entries(words),
    ...Object.entries(details).map(([key, text]) => [`details.${key}`, text] as const),
  ]);
}
const holesOf = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

test('words: one tag a language, each one that the system knows', () => {
  const tags = LANGUAGES.map(({ tag }) => tag);
  assert.deepEqual(Intl.getCanonicalLocales(tags), tags);
  assert.deepEqual(Intl.ListFormat.supportedLocalesOf(tags), tags);
  for (const tag of ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'ja', 'zh']) {
    assert(tags.includes(tag), tag);
  }
});

for (const words of LANGUAGES) {
  test(`words: ${words.tag} says the same as English, and nothing that is markup`, () => {
    const english = textsOf(ENGLISH);
    for (const [place, text] of textsOf(words)) {
      assert.deepEqual(holesOf(text), holesOf(english.get(place) as string), place);
      assert.doesNotMatch(text, /[<>&"]|^\s|\s$/, place);
    }
  });

  test(`words: ${words.tag} leaves nothing to fill in`, () => {
    for (const name of [ENDPOINT, undefined, SANCTIONED]) {
      const { heading, sentences } = messageOf(noticeFor(name), words, (_, text) => text);
      assert.doesNotMatch([heading, ...sentences].join('\n'), /[{}]/);
      if (name) assert(sentences[0]?.includes(name), sentences[0]);
    }
  });
}
