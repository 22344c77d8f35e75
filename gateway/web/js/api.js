// Questions to the gateway. A refusal arrives as an `ApiError` in the gateway's own words.

const PATIENCE_MS = 10_000;

/** What the gateway refused or why it could not be asked; `hint` says what to do next and may be empty. */
export class ApiError extends Error {
  constructor(status, message, hint = "") {
    super(message);
    this.status = status; // 0: no answer
    this.hint = hint;
  }
}

async function problemOf(response) {
  try {
    const { title, detail, hint } = await response.json();
    return new ApiError(response.status, detail || title || `HTTP ${response.status}`, hint ?? "");
  } catch {
    return new ApiError(response.status, `HTTP ${response.status}`);
  }
}

/** The JSON answer of `path`, relative to the API. `signal` gives up early (the page was left). */
export async function ask(path, signal) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, { signal: signal ? AbortSignal.any([signal, patience]) : patience });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, error.name === "TimeoutError" ? "timeout" : "unreachable");
  }
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

/** The sentence to show for an error of `ask`. */
export function sentenceOf(error, words) {
  if (error instanceof ApiError && error.status === 0) return words.t(`error.${error.message}`);
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
