// Questions and orders to the gateway. A refusal arrives as an `ApiError` in the gateway's own words.

import { documentLanguage, learn } from "./words.js";

const PATIENCE_S = 10;
const SAFE = ["GET", "HEAD"];
const PERSON_MS = 60_000; // after so long without a person the page asks by itself: that keeps no session alive

/** What requests carry and who hears that the session has ended; set when the page starts. */
export const access = { csrf: "", isReadOnly: false, onEnd: () => {} };

/** What the gateway refused or why it could not be asked; `hint` says what to do next and may be empty. */
export class ApiError extends Error {
  constructor(status, message, { hint = "", errors = [], patience_s = PATIENCE_S, retry_s = 0, kind = "" } = {}) {
    super(message);
    this.status = status; // 0: no answer
    this.kind = kind; // in the language of the page, or empty
    this.retry_s = retry_s; // how long to wait before the next try, 0 where nothing was said
    this.hint = hint;
    this.errors = errors; // all of them, where there is more than one
    this.patience_s = patience_s;
  }
}

// Where the page is Chinese and the refusal is known in English alone, what kind of refusal it is stands before it.
async function kindOf(type) {
  if (documentLanguage() !== "zh") return "";
  const { default: kinds } = await import("./problems-zh.js");
  return kinds[String(type).split("/").pop()] ?? "";
}

async function problemOf(response) {
  const retry_s = Number(response.headers.get("Retry-After")) || 0;
  try {
    const { type, title, detail, hint, errors, chinese } = await response.json();
    learn(chinese);
    const said = detail || title || `HTTP ${response.status}`;
    return new ApiError(response.status, said, { hint: hint ?? "", errors, retry_s, kind: chinese ? "" : await kindOf(type) });
  } catch {
    return new ApiError(response.status, `HTTP ${response.status}`, { retry_s });
  }
}

// Answers to the questions of who one is say themselves what is wrong; any other 401 means that the session has ended.
async function refusal(response, path) {
  if (response.status === 401 && !/^(session|setup)\b/.test(path)) access.onEnd();
  return problemOf(response);
}

let touched = performance.now(); // when a person last did something
for (const kind of ["pointerdown", "keydown", "wheel"])
  addEventListener(kind, () => (touched = performance.now()), { capture: true, passive: true });

function dressed(options) {
  if (performance.now() - touched > PERSON_MS) options.headers = { ...options.headers, "X-Poll": "1" };
  if (SAFE.includes(options.method ?? "GET")) return options;
  if (access.isReadOnly) throw new ApiError(0, "read_only");
  return { ...options, headers: { ...options.headers, "X-CSRF-Token": access.csrf } };
}

let asked = 0; // questions whose answer is not read yet

/** Waits until nothing is asked any more and `isReady()`, at most so long: then the page is shown as a whole. */
export async function settled(isReady, most_ms) {
  const until_ms = performance.now() + most_ms;
  for (let calm = 0; calm < 2 && performance.now() < until_ms; calm = asked === 0 && isReady() ? calm + 1 : 0)
    await new Promise((later) => setTimeout(later, 20));
}

async function responseTo(path, options, signal, patience_s) {
  const patience = AbortSignal.timeout(patience_s * 1000);
  try {
    return await fetch(`/api/v1/${path}`, {
      ...dressed(options),
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
  } catch (error) {
    if (signal?.aborted || error instanceof ApiError) throw error;
    throw new ApiError(0, error.name === "TimeoutError" ? "timeout" : "unreachable", { patience_s });
  }
}

/** The JSON answer of a request to `path`, relative to the API; raises ApiError. */
export async function request(path, options, signal, patience_s) {
  asked += 1;
  try {
    const response = await responseTo(path, options, signal, patience_s);
    if (!response.ok) throw await refusal(response, path);
    const answer = response.status === 204 ? null : await response.json();
    learn(answer?.chinese);
    return answer;
  } finally {
    asked -= 1;
  }
}

/** Why the gateway refuses a stream (a browser does not tell); null where it does not. */
export async function refusalOf(address) {
  const stop = new AbortController();
  try {
    const response = await fetch(address, { signal: stop.signal });
    return response.ok ? null : await refusal(response, address);
  } catch {
    return null; // not reachable: silence tells that by itself
  } finally {
    stop.abort();
  }
}

/** The JSON answer of `path`, relative to the API. `signal` gives up early (the page was left). */
export const ask = (path, signal) => request(path, {}, signal, PATIENCE_S);

/** The JSON answer to an order (POST if not said otherwise) with a JSON body; null where there is nothing to say. */
export function send(path, body = {}, { patience_s = PATIENCE_S, method = "POST" } = {}) {
  const headers = { "Content-Type": "application/json" };
  return request(path, { method, headers, body: JSON.stringify(body) }, null, patience_s);
}

/** The sentence to show for an error of `ask` or `send`. */
export function sentenceOf(error, words) {
  if (error instanceof ApiError && error.status === 0)
    return words.t(`error.${error.message}`, { n: error.patience_s });
  const said = words.both(error.message, error.hint);
  return error.kind ? `${error.kind}（${said}）` : said;
}

/** The address of a file with the readings of some points, for a link. */
export function exportAddress(tags, from_ms, to_ms) {
  const query = new URLSearchParams({
    points: tags.join(","),
    from: new Date(from_ms).toISOString(),
    to: new Date(to_ms).toISOString(),
    format: "csv",
  });
  return `/api/v1/export?${query}`;
}
