// redirect.mjs - sends the requests of a program for PostEverywhere's production origin to the mock. The SDK has that
// origin as a constant, and no option for another one.
//
//   UNDERSTUDY_ORIGIN=http://127.0.0.1:8080/posteverywhere node --import ./redirect.mjs program.mjs
//
// It replaces the global fetch before the program is loaded; the program itself is unchanged. Only the origin of the URL
// differs: method, headers, body, timeout and the response are those of the runtime's own fetch.
const production = 'https://app.posteverywhere.ai/';
const { fetch } = globalThis;

globalThis.fetch = (url, options) =>
  fetch(String(url).startsWith(production) ? `${process.env.UNDERSTUDY_ORIGIN}/${String(url).slice(production.length)}` : url, options);
