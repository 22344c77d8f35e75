// One stream of live values for all visible tabs of this browser.
//
// The tab that holds the lock opens the stream for what all tabs want and passes every message on; when it is hidden or
// closed, the lock goes to the next visible tab. Without locks (plain HTTP to another machine) each tab has its own.

const NAME = "park-gateway-live";
const WAITING_S = 5;
const LOST_S = 15;
const ANNOUNCE_S = 10;
const FORGET_S = 30; // a tab that said nothing for so long is gone
const RETRY_MAX_S = 10;
const MOST_POINTS = 500; // of one stream, the limit of the gateway

const union = (sets) => [...new Set(sets.flat())].sort();

function merge(before, kind, data) {
  const fresh = { values: {}, devices: {}, park: null, alarms: null, accounts: {} };
  const state = kind === "snapshot" ? fresh : before;
  for (const [id, change] of Object.entries(data.devices ?? {}))
    state.devices[id] = { ...state.devices[id], ...change };
  Object.assign(state.values, data.values);
  for (const one of Object.values(data.accounts ?? {})) state.accounts[one.id] = one; // a list, from another tab by id
  if (data.park) state.park = { ...state.park, ...data.park };
  if (data.alarms) state.alarms = data.alarms;
  state.time_ms = data.time_ms;
  return state;
}

/** The live stream of this tab. `receive(kind, data, state)` is called for each message (`snapshot`, `delta`, or `reload` after another configuration), `state` holding all values; `time_ms`: the server's time now; `why(address)` gives the error for which a stream is refused, or null. */
export class Live {
  #id = Math.random().toString(36).slice(2);
  #wish = { points: [], devices: [] };
  #wishes = new Map(); // tab -> {wish, heard}: kept by the leading tab
  #receive;
  #state = { time_ms: null, values: {}, devices: {}, park: null, alarms: null, accounts: {} };
  #base; // {time_ms, at}: the server's time and this page's monotonic ms when it was told
  #heard = null; // monotonic ms of the last message
  #shown = performance.now(); // when this tab was last shown: its silence counts from there
  #opened = 0; // when the stream was last opened
  #source = null;
  #address = "";
  #retries = 0;
  #timer = 0;
  #channel = null;
  #release = null; // gives the lock back
  #waiting = null; // ends the wait for the lock
  #joined = false;
  #why; // asks the gateway why it refuses a stream
  #refusal = null; // what it said, until a message comes

  constructor(receive, time_ms, why) {
    this.#receive = receive;
    this.#why = why;
    this.#base = { time_ms, at: performance.now() };
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#leave() : this.#join()));
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", () => document.hidden || this.#join());
    setInterval(() => this.#keep(), 1000);
    if (!document.hidden) this.#join();
  }

  /** What the page shows now; the park's sums and the alarms' counts always come along. */
  want({ points = [], devices = [], accounts = false }) {
    this.#wish = { points, devices, accounts };
    this.#announce();
  }

  /** `{kind: "connecting" | "live" | "waiting" | "lost" | "refused", seconds, time_ms, refusal}`; `time_ms` is the last message's or null. */
  health() {
    const seconds = (performance.now() - Math.max(this.#heard ?? 0, this.#shown)) / 1000;
    const early = this.#heard === null ? "connecting" : "live";
    const kind = this.#refusal ? "refused" : seconds < WAITING_S ? early : seconds < LOST_S ? "waiting" : "lost";
    return { kind, seconds, time_ms: this.#state.time_ms, refusal: this.#refusal };
  }

  /** All values known of the stream: `{time_ms, values, devices, park, alarms, accounts}`, null before it spoke of them. */
  latest() {
    return this.#state;
  }

  /** The server's time now, in ms: this machine's clock may be wrong. */
  now() {
    return this.#base.time_ms + performance.now() - this.#base.at;
  }

  #join() {
    if (this.#joined) return;
    this.#joined = true;
    this.#shown = performance.now();
    if (!navigator.locks || !globalThis.BroadcastChannel) {
      this.#release = () => {};
      this.#lead();
      return;
    }
    this.#channel = new BroadcastChannel(NAME);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#waiting = new AbortController();
    navigator.locks
      .request(
        NAME,
        { signal: this.#waiting.signal },
        () =>
          new Promise((release) => {
            this.#release = release;
            this.#lead();
          }),
      )
      .catch((error) => {
        if (error.name !== "AbortError") throw error;
      });
    this.#announce();
  }

  #leave() {
    if (!this.#joined) return;
    this.#joined = false;
    this.#channel?.postMessage({ type: "bye", tab: this.#id });
    this.#channel?.close();
    this.#channel = null;
    this.#waiting?.abort();
    this.#close();
    this.#wishes.clear();
    this.#release?.();
    this.#release = null;
  }

  #lead() {
    if (!this.#joined) {
      this.#release?.(); // hidden while the lock was on its way
      this.#release = null;
      return;
    }
    this.#channel?.postMessage({ type: "who" });
    this.#announce();
  }

  #announce() {
    if (!this.#joined) return;
    const message = { type: "want", tab: this.#id, wish: this.#wish };
    this.#hear(message);
    this.#channel?.postMessage(message);
  }

  #hear(message) {
    if (message.type === "who") this.#announce();
    else if (message.type === "live") this.#take(message.kind, message.data);
    else if (this.#release === null) return;
    else if (message.type === "bye") this.#wishes.delete(message.tab);
    else this.#note(message);
  }

  #note({ tab, wish }) {
    const before = JSON.stringify(this.#wishes.get(tab)?.wish);
    this.#wishes.set(tab, { wish, heard: performance.now() });
    if (before === JSON.stringify(wish)) return;
    const address = this.#wanted();
    if (address !== this.#address || this.#source === null) this.#open(address);
    else if (this.#state.time_ms !== null) this.#pass("snapshot", this.#state); // the stream has it already, the new tab has not
  }

  #wanted() {
    const wishes = [...this.#wishes.values()].map((entry) => entry.wish);
    const query = new URLSearchParams({ park: "1", alarms: "1" });
    const points = union(wishes.map((wish) => wish.points)).slice(0, MOST_POINTS);
    const devices = union(wishes.map((wish) => wish.devices));
    if (wishes.some((wish) => wish.accounts)) query.set("accounts", "1");
    if (points.length) query.set("points", points.join(","));
    if (devices.length) query.set("devices", devices.join(","));
    return `/api/v1/live?${query}`;
  }

  #open(address) {
    this.#close();
    this.#address = address;
    this.#opened = performance.now();
    const source = new EventSource(address);
    this.#source = source;
    for (const kind of ["snapshot", "delta", "reload"]) {
      source.addEventListener(kind, (event) => {
        this.#retries = 0;
        this.#pass(kind, JSON.parse(event.data));
      });
    }
    source.onerror = () => {
      if (source !== this.#source) return;
      const isRefused = source.readyState === EventSource.CLOSED; // an answer that is no stream
      this.#again();
      if (isRefused) this.#askWhy(address);
    };
  }

  async #askWhy(address) {
    const opened = this.#opened;
    const refusal = await this.#why(address);
    if (opened === this.#opened) this.#refusal = refusal;
  }

  #again() {
    this.#close();
    const seconds = Math.min(RETRY_MAX_S, 2 ** this.#retries) * (0.75 + Math.random() / 2);
    this.#retries += 1;
    this.#timer = setTimeout(() => this.#open(this.#wanted()), seconds * 1000);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#address = "";
  }

  #pass(kind, data) {
    this.#channel?.postMessage({ type: "live", kind, data });
    this.#take(kind, data);
  }

  #take(kind, data) {
    this.#refusal = null;
    this.#heard = performance.now();
    if (kind === "reload") return this.#receive(kind, data, this.#state); // another configuration: no values in it
    this.#base = { time_ms: data.time_ms, at: this.#heard };
    this.#state = merge(this.#state, kind, data);
    this.#receive(kind, data, this.#state);
  }

  // Once a second: tabs are counted, and a stream that is open but silent is opened anew.
  #keep() {
    if (!this.#joined) return;
    const now = performance.now();
    if (Math.round(now / 1000) % ANNOUNCE_S === 0) this.#announce();
    if (this.#release === null) return;
    for (const [tab, { heard }] of this.#wishes) if (now - heard > FORGET_S * 1000) this.#wishes.delete(tab);
    if (this.#source && now - Math.max(this.#heard ?? 0, this.#opened) > LOST_S * 1000) this.#again();
  }
}
