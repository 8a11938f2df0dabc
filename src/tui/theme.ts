import type { Tone } from './line.ts';

/** `none` does with bold, underline and inverse alone. */
export const THEMES = ['dark', 'light', 'none'] as const;
export type ThemeName = (typeof THEMES)[number];

/** How tones look: the numbers of an SGR sequence, empty for the terminal's own. */
export type Theme = Readonly<Record<Tone, string>> & {
  /** Of the whole line where the cursor stands. */
  readonly chosen: string;
};

/**
 * Good is blue and bad is orange, so that who cannot tell red from green tells them apart; what matters
 * is said by words and signs as well.
 */
const RICH: Readonly<Record<ThemeName, Theme>> = {
  dark: {
    plain: '',
    dim: '38;5;245',
    strong: '1',
    title: '1;38;5;117',
    key: '38;5;117',
    note: '38;5;183',
    good: '38;5;75',
    warn: '38;5;221',
    bad: '1;38;5;208',
    here: '7',
    chosen: '48;5;238',
  },
  light: {
    plain: '',
    dim: '38;5;242',
    strong: '1',
    title: '1;38;5;25',
    key: '38;5;25',
    note: '38;5;90',
    good: '38;5;26',
    warn: '38;5;94',
    bad: '1;38;5;130',
    here: '7',
    chosen: '48;5;253',
  },
  none: {
    plain: '',
    dim: '',
    strong: '1',
    title: '1;4',
    key: '1',
    note: '4',
    good: '',
    warn: '1',
    bad: '1;4',
    here: '7',
    chosen: '7',
  },
};

/** For terminals of eight colours. */
const POOR: Readonly<Record<ThemeName, Theme>> = {
  dark: {
    ...RICH.none,
    title: '1;36',
    key: '36',
    note: '35',
    good: '36',
    warn: '33',
    bad: '1;33',
    chosen: '7',
  },
  light: {
    ...RICH.none,
    title: '1;34',
    key: '34',
    note: '35',
    good: '34',
    warn: '35',
    bad: '1;31',
    chosen: '7',
  },
  none: RICH.none,
};

export type ThemeHints = {
  readonly TERM?: string | undefined;
  readonly COLORTERM?: string | undefined;
  readonly COLORFGBG?: string | undefined;
  readonly NO_COLOR?: string | undefined;
};

/** The theme for what was asked for, and what the terminal says of itself. */
export function themeNameOf(
  wanted: ThemeName | 'auto',
  { NO_COLOR, COLORFGBG }: ThemeHints,
): ThemeName {
  if (wanted !== 'auto') return wanted;
  if (NO_COLOR) return 'none';
  const background = /;(\d+)$/.exec(COLORFGBG ?? '')?.[1];
  return background === '7' || background === '15' ? 'light' : 'dark';
}

export function themeOf(name: ThemeName, { TERM = '', COLORTERM = '' }: ThemeHints): Theme {
  const isRich = /256|direct|kitty|alacritty|foot|ghostty/.test(TERM) || COLORTERM !== '';
  return (isRich ? RICH : POOR)[name];
}
