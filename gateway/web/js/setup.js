// Setup: does this device answer correctly? One step at a time; the draft stands in the address.
import { el } from "./dom.js";
import { addressOf, readDraft, stepOf } from "./setup-draft.js";

const STEPS = ["machine", "address", "live", "lines"];

function stepsList(state, { words }) {
  const { t } = words;
  const item = (name, index) => {
    const number = index + 1;
    const text = t(`setup.step_${name}`);
    const isNow = number === state.step;
    const inner = number < state.step ? el("a", { href: addressOf({ ...state, step: number }) }, text) : el("span", {}, text);
    return el("li", { "aria-current": isNow ? "step" : null }, el("span", { class: "nr", "aria-hidden": "true" }, String(number)), inner);
  };
  return el("ol", { class: "steps no-print", "aria-label": t("setup.steps") }, STEPS.map(item));
}

const LOADERS = {
  1: async (state, errors, ui, turn) => (await import("./setup-machine.js")).machineStep(state, errors, ui, turn),
  2: async (state, errors, ui, turn) => (await import("./setup-profile.js")).profileStep(state, errors, ui, turn),
  3: async (state, _, ui, turn) => (await import("./setup-test.js")).testStep(state, ui, turn),
  4: async (state, _, ui, turn) => (await import("./setup-save.js")).saveStep(state, ui, turn),
};

/** The page for `/setup`; `?device=` begins with a device that is known. */
export function show(ui, address) {
  const { main, signal, words, go } = ui;
  const { t } = words;
  let state = readDraft(address);
  let errors = []; // what the gateway found wrong, shown at the fields of the step that has them
  let stop = new AbortController(); // of the step
  const head = el("h1", { tabindex: -1 }, t("setup.title"));
  const list = el("div");
  const box = el("div", { class: "setup" });
  ui.title(t("setup.title"));
  ui.live.want({});
  main.append(el("div", { class: "headline" }, head, el("p", { class: "q" }, t("setup.question"))), list, box);

  const move = (step, options) => go(addressOf({ ...state, step }), options);
  const turn = {
    next: () => {
      errors = [];
      move(state.step + 1);
    },
    skip: () => {
      errors = [];
      if (state.new && !state.connection) state.connection = "none"; // known from now on, connected some day
      move(STEPS.length);
    },
    back: () => move(state.step - 1),
    redraw: (change = {}) => {
      Object.assign(state, change);
      move(state.step, { replace: true });
    },
    wrong: (found) => {
      errors = found;
      move(Math.min(...found.map((one) => (one.field ? stepOf(one.field) : STEPS.length))));
    },
  };

  async function draw() {
    stop.abort();
    stop = new AbortController();
    const own = stop.signal;
    list.replaceChildren(stepsList(state, ui));
    const node = await LOADERS[state.step](state, errors, { ...ui, signal: AbortSignal.any([signal, own]) }, turn);
    if (!own.aborted && !signal.aborted) box.replaceChildren(node);
  }

  signal.addEventListener("abort", () => stop.abort());
  draw();
  return {
    update: (next) => {
      const before = state.step;
      state = readDraft(next);
      draw();
      if (before !== state.step) {
        scrollTo(0, 0);
        head.focus({ preventScroll: true });
      }
      return true;
    },
  };
}
