import { iptablesLoader } from './iptables.ts';
import type { Loader } from './loader.ts';
import { nftLoader } from './nft.ts';
import { pfLoader } from './pf.ts';

/** Every format that can be applied, the usual one first. */
export const LOADERS: readonly Loader[] = [
  nftLoader,
  iptablesLoader,
  pfLoader('pf-openbsd'),
  pfLoader('pf-freebsd'),
];

/** What is applied where nobody says. */
export function usualFormat(platform: NodeJS.Platform): string {
  if (platform === 'openbsd' || platform === 'freebsd') return `pf-${platform}`;
  return nftLoader.format;
}

export function loaderOf(format: string): Loader {
  const loader = LOADERS.find((one) => one.format === format);
  if (!loader) throw new Error(`there is no loader for ${format}`);
  return loader;
}
