/** A MAC address as we write it: `00:00:5e:00:53:17`. */
export type Mac = string & { readonly [macBrand]: true };
declare const macBrand: unique symbol;

/** Each octet apart, as most write it; macOS leaves out a leading zero. */
const APART = /^[\da-f]{1,2}(?:([:-])[\da-f]{1,2})(?:\1[\da-f]{1,2}){4}$/i;
/** `0000.5e00.5317` of switches, and without anything between. */
const TOGETHER = /^(?:[\da-f]{12}|[\da-f]{4}\.[\da-f]{4}\.[\da-f]{4})$/i;

/** Reads a MAC address in any of its usual forms; undefined for anything else, and for the one of nobody. */
export function macOf(text: string): Mac | undefined {
  const octets = APART.test(text)
    ? text.split(/[:-]/).map((octet) => octet.padStart(2, '0'))
    : TOGETHER.test(text)
      ? text.replaceAll('.', '').match(/../g)
      : undefined;
  const mac = octets?.join(':').toLowerCase();
  return mac === '00:00:00:00:00:00' ? undefined : (mac as Mac | undefined);
}
