import type { Place } from '../../policy/problem.ts';
import { type Finding, finding } from './finding.ts';

/** Shorter than any authtoken or key, and too short to show parts of. */
const SHORTEST = 12;
/** From here on a text of both cases and digits is random, whatever word it happens to contain. */
const RANDOM = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w-]{20,}$/;
/** A variable, a template. */
const VARIABLE = /[$%{}<>*()\s]/;
/** What people write where a secret belongs. */
const STAND_IN =
  /^(?:x+|\.+|-+)$|x{6}|your|example|change_?-?me|placeholder|redacted|secret|dummy|auth_?-?token|api_?-?key|_here$/i;

/** True for a text that is a secret itself. */
export function isLiteralSecret(text: string): boolean {
  if (text.length < SHORTEST || VARIABLE.test(text)) return false;
  return RANDOM.test(text) || !STAND_IN.test(text);
}

/** Enough of a secret to find it by, and too little to use: its first four and last two characters. */
export function masked(secret: string): string {
  return `${secret.slice(0, 4)}…${secret.slice(-2)}`;
}

const REMEDY = {
  'literal-authtoken':
    'take it out, revoke it in the account, and give its successor by NGROK_AUTHTOKEN',
  'literal-api-key':
    'take it out, revoke it in the account, and give its successor by NGROK_API_KEY',
} as const;

/** The finding for a value that should not be one, if it is. */
export function secretFindings(
  rule: keyof typeof REMEDY,
  place: Place,
  value: string,
): readonly Finding[] {
  return isLiteralSecret(value) ? [finding(rule, place, masked(value), REMEDY[rule])] : [];
}
