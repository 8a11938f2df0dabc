import { ENGLISH, LANGUAGES, type Words } from './words.ts';

type Wish = { readonly tag: string; readonly quality: number };

/** No person asks for more languages, and nobody's list is to cost us time. */
const LONGEST = 1_000;

/**
 * The words for a reader, by the Accept-Language header (RFC 9110 section 12.5.4): each wish in the order
 * of its quality, from the whole tag to its first part (lookup, RFC 4647 section 3.4); English where
 * nothing fits.
 */
export function wordsFor(acceptLanguage: string | undefined): Words {
  const wishes = wishesOf((acceptLanguage ?? '').slice(0, LONGEST));
  for (const { tag } of wishes.filter(({ quality }) => quality > 0)) {
    const words = tag === '*' ? ENGLISH : lookUp(tag);
    if (words) return words;
  }
  return ENGLISH;
}

function wishesOf(header: string): readonly Wish[] {
  const wishes = header.split(',').flatMap((item): Wish[] => {
    const [tag = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    if (!/^(?:\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)$/.test(tag)) return [];
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(quality)
      ? [{ tag, quality: Number(quality) }]
      : [];
  });
  // Sorting is stable: of two equal wishes the one written first counts.
  return wishes.sort((one, other) => other.quality - one.quality);
}

function lookUp(tag: string): Words | undefined {
  const [language] = tag.split('-');
  return LANGUAGES.find((words) => words.tag === language);
}
