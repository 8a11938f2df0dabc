import type { SinkSettings } from '../policy/alerts.ts';
import { createCommand } from './command.ts';
import { createSendmail } from './sendmail.ts';
import type { Sink } from './sink.ts';
import { createSyslog } from './syslog.ts';
import { createWebhook } from './webhook.ts';

/** The sink of some settings. */
export function sinkOf(settings: SinkSettings): Sink {
  switch (settings.kind) {
    case 'webhook':
      return createWebhook(settings.url);
    case 'sendmail':
      return createSendmail(settings);
    case 'syslog':
      return createSyslog(settings.to, settings.facility);
    case 'command':
      return createCommand(settings.words);
  }
}
