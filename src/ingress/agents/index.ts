import { ngrokV2, ngrokV3 } from './agent-file.ts';
import { docker, helm, ssh } from './deployment.ts';
import type { AgentFormat } from './format.ts';
import { proxies, squid } from './inspection.ts';
import { go, java, javascript, python, rust } from './sdk.ts';

/** Every way to write the settings of an agent. */
export const AGENT_FORMATS: readonly AgentFormat[] = [
  ngrokV3,
  ngrokV2,
  go,
  rust,
  python,
  javascript,
  java,
  helm,
  docker,
  ssh,
  squid,
  proxies,
];
