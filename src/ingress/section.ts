import type { Fields } from '../policy/yaml-edit.ts';
import type { ApiIngress } from './api-object.ts';

/** An ingress as an entry of a policy; what stands at its default is left out, unless the entry has it. */
export function fieldsOf(ingress: ApiIngress, before?: { readonly issuer: string }): Fields {
  const { domain, nameservers, names, issuer } = ingress;
  return {
    domain,
    ...(names.length > 0 ? { names } : {}),
    nameservers,
    ...(issuer === (before?.issuer ?? 'ngrok') ? {} : { issuer }),
  };
}
