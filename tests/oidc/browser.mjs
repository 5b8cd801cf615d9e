#!/usr/bin/env node
// A browser without a screen: opens an address, fills in the provider's forms for an account, keeps cookies, and follows
// every redirection to its end, which is the app's own page.
//
//   node browser.mjs HABITS URL     HABITS is a JSON file: { "account": "noa" }, and what the person or somebody on the
//                                   way does with it: "deny", "leave", or "replace": { "nonce": "..." } in the address
import { readFileSync, writeFileSync } from 'node:fs';

const [habitsFile, opened] = process.argv.slice(2);
const habits = JSON.parse(readFileSync(habitsFile, 'utf8'));
const cookies = new Map();

async function visit(url, form) {
  for (let steps = 0; steps < 20; steps += 1) {
    const { origin } = new URL(url);
    const jar = cookies.get(origin) ?? cookies.set(origin, new Map()).get(origin);
    const answer = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form && new URLSearchParams(form),
      redirect: 'manual',
      headers: { cookie: [...jar].map((one) => one.join('=')).join('; ') },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      jar.set(name, value);
    }
    const next = answer.headers.get('location');
    if (!next) return { url, status: answer.status, text: await answer.text() };
    url = new URL(next, url).href;
    form = undefined;
  }
  throw new Error('redirected for ever');
}

const start = new URL(opened);
for (const [name, value] of Object.entries(habits.replace ?? {})) start.searchParams.set(name, value);
let page = await visit(start.href);
while (!habits.leave && /name="prompt"/.test(page.text)) {
  const prompt = /name="prompt" value="([^"]+)"/.exec(page.text)[1];
  const action = new URL(/<form[^>]* action="([^"]+)"/.exec(page.text)[1], page.url).href;
  const denied = habits.deny && /href="([^"]*\/abort)"/.exec(page.text);
  if (denied) page = await visit(new URL(denied[1], page.url).href);
  else page = await visit(action, prompt === 'login' ? { prompt, login: habits.account, password: 'any' } : { prompt });
}
writeFileSync(`${habitsFile}.seen`, JSON.stringify({ status: page.status, text: page.text, opened }));
