// A real OpenID Connect provider for the tests: `oidc-provider`, with accounts of any name and no password, refresh
// tokens that rotate, and a door for the tests (`/test/...`) to end a grant or to spoil the next ID token.
//
//   node provider.mjs     says {"issuer": "...", "clientId": "..."} once it listens on 127.0.0.1, and ends with its input
import { createServer } from 'node:http';
import { SignJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

const CLIENT = 'fanpoints-partner';
const KEY = { alg: 'RS256', extractable: true };

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const signing = await generateKeyPair('RS256', KEY);
const key = { ...(await exportJWK(signing.privateKey)), kid: 'one', alg: 'RS256', use: 'sig' };

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: CLIENT,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/callback'],
    },
  ],
  jwks: { keys: [key] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  features: { revocation: { enabled: true } },
  cookies: { keys: ['for tests'] },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});

/** What the next ID token is spoilt with: claims that replace its own, `remove`, and `key: 'foreign' | 'none'`. */
let spoil = null;
/** The grants of each account. */
const grants = new Map();
let renewals = 0;
/** Grants that the app itself gave back. */
let revoked = 0;
provider.on('grant.revoked', () => (revoked += 1));

provider.on('grant.success', (context) => {
  const { accountId, grantId } = context.oidc.entities.RefreshToken ?? context.oidc.entities.AuthorizationCode;
  grants.set(accountId, (grants.get(accountId) ?? new Set()).add(grantId));
  if (context.oidc.params.grant_type === 'refresh_token') renewals += 1;
});

async function spoilt(token, { key: by, remove = [], ...claims }) {
  const all = { ...decodeJwt(token), ...claims };
  for (const name of remove) delete all[name];
  if (by === 'none') return `${part({ alg: 'none' })}.${part(all)}.`;
  const foreign = by === 'foreign' ? await generateKeyPair('RS256', KEY) : signing;
  return new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(foreign.privateKey);
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

provider.use(async (context, next) => {
  await next();
  if (spoil && context.path === '/token' && context.body?.id_token) {
    context.body = { ...context.body, id_token: await spoilt(context.body.id_token, spoil) };
    spoil = null;
  }
});

async function endGrants(account) {
  for (const id of grants.get(account) ?? []) {
    await provider.RefreshToken.revokeByGrantId(id);
    await (await provider.Grant.find(id))?.destroy();
  }
  grants.delete(account);
}

async function forTests(path, body) {
  if (path === '/test/spoil') spoil = body;
  else if (path === '/test/end') await endGrants(body.account);
  else if (path === '/test/renewals') return { renewals };
  else if (path === '/test/revoked') return { revoked };
  else throw new Error(`no ${path}`);
  return {};
}

const pages = provider.callback();
server.on('request', async (request, response) => {
  if (!request.url.startsWith('/test/')) return pages(request, response);
  try {
    let text = '';
    for await (const chunk of request) text += chunk;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(await forTests(request.url, JSON.parse(text || '{}'))));
  } catch (error) {
    response.statusCode = 400;
    response.end(String(error));
  }
});

// Whoever started it holds its input: it does not outlive a test that was killed.
process.stdin.on('end', () => process.exit()).resume();
console.log(JSON.stringify({ issuer, clientId: CLIENT }));
