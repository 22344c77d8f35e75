// Questions and orders to the gateway. A refusal arrives as an `ApiError` in the gateway's own words.

const PATIENCE_S = 10;

/** What the gateway refused or why it could not be asked; `hint` says what to do next and may be empty. */
export class ApiError extends Error {
  constructor(status, message, { hint = "", errors = [], patience_s = PATIENCE_S } = {}) {
    super(message);
    this.status = status; // 0: no answer
    this.hint = hint;
    this.errors = errors; // all of them, where there is more than one
    this.patience_s = patience_s;
  }
}

async function problemOf(response) {
  try {
    const { title, detail, hint, errors } = await response.json();
    return new ApiError(response.status, detail || title || `HTTP ${response.status}`, { hint: hint ?? "", errors });
  } catch {
    return new ApiError(response.status, `HTTP ${response.status}`);
  }
}

/** The JSON answer of a request to `path`, relative to the API; raises ApiError. */
export async function request(path, options, signal, patience_s) {
  const patience = AbortSignal.timeout(patience_s * 1000);
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      ...options,
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, error.name === "TimeoutError" ? "timeout" : "unreachable", { patience_s });
  }
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

/** The JSON answer of `path`, relative to the API. `signal` gives up early (the page was left). */
export const ask = (path, signal) => request(path, {}, signal, PATIENCE_S);

/** The JSON answer to an order (POST) with a JSON body. */
export function send(path, body = {}, patience_s = PATIENCE_S) {
  const headers = { "Content-Type": "application/json" };
  return request(path, { method: "POST", headers, body: JSON.stringify(body) }, null, patience_s);
}

/** The sentence to show for an error of `ask` or `send`. */
export function sentenceOf(error, words) {
  if (error instanceof ApiError && error.status === 0)
    return words.t(`error.${error.message}`, { n: error.patience_s });
  return words.both(error.message, error.hint);
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
