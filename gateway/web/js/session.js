// Who is signed in: the session, what it may, and the way to sign in again.
import { access, ask } from "./api.js";

const READS = ["read"]; // all that a wall screen needs
let isLeaving = false;

/** True for a screen on a wall: nobody sits before it, and it changes nothing. */
export const isWall = () => document.documentElement.dataset.view === "wall";

/** The session as the gateway tells it: `state` is `setup`, `anonymous` or `signed_in`. Requests carry its token. */
export async function askSession() {
  const session = await ask("session");
  access.csrf = session.csrf ?? "";
  access.isReadOnly = isWall();
  return session;
}

/** A function that tells whether the session holds a permission. */
export function createMay({ permissions }) {
  const held = new Set(permissions);
  return (permission) => held.has(permission) && (!isWall() || READS.includes(permission));
}

/** An address of this page from outside, as path and query; null for anything that leads elsewhere. */
export function safeNext(text) {
  try {
    const url = new URL(text ?? "", location.origin);
    const place = url.pathname + url.search; // of `/.//elsewhere` it is `//elsewhere`, which is another host
    const isOurs = url.origin === location.origin && text.startsWith("/") && url.pathname !== "/login";
    return isOurs && !place.startsWith("//") ? place : null;
  } catch {
    return null; // no address at all
  }
}

/** Leaves for the sign-in page and nothing of this one stays; `why` is said there. It comes back to the same place. */
export function leaveForLogin(why = "") {
  if (isLeaving) return; // each question on its way says that the session has ended: a second start breaks off the first
  isLeaving = true;
  const query = new URLSearchParams();
  const here = location.pathname + location.search;
  if (safeNext(here) && here !== "/") query.set("next", here);
  if (why) query.set("why", why);
  location.replace(query.size ? `/login?${query}` : "/login");
}
