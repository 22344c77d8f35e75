// The one answer of the Park page: grid import now, and whether the quarter-hour stays inside the contract.
import { el, setText, setVars } from "./dom.js";
import { hasGridMeter, powerText } from "./power.js";
import { shape } from "./shapes.js";

/** The section; `show` takes the park's numbers. */
export function createHero(ui) {
  const { t } = ui.words;
  const mark = el("span", { class: "hero-mark" });
  const value = el("span", { class: "live-value" });
  const unit = el("small", {}, "kW");
  const share = el("p", { class: "live-value" });
  const forecast = el("p", { class: "demand-forecast" });
  const bar = el("div", { class: "demand" }, el("i"), el("em"), el("u"), el("b"), el("s"));
  const legend = el("p", { class: "demand-words" }, el("span"), el("span", {}, el("span"), el("b")));
  const proof = el("div", { role: "img" }, forecast, bar, legend);
  const hero = el("p", { class: "hero" }, mark, value, " ", unit);
  const node = el(
    "section",
    { class: "c5", "aria-label": t("park.grid") },
    el("p", { class: "lab" }, t("park.grid")),
    el("div", { class: "lead" }, hero, share),
    proof,
  );
  return { node, show: (park) => showHero({ hero, mark, value, unit, share, forecast, proof, bar, legend }, park, ui) };
}

// Without a demand (no sample of this quarter-hour yet) the bar shows the power of now.
function measureOf({ demand, grid_kw: grid }) {
  if (!demand) return { so_far: grid, forecast: grid, limit: null };
  return { so_far: demand.average_kw, forecast: demand.forecast_kw, limit: demand.limit_kw };
}

function showHero(parts, park, ui) {
  const { words } = ui;
  const { grid_kw: grid, contract_demand_kw: contract } = park;
  setText(parts.value, powerText(grid, park.grid_partial, ui, 0));
  parts.hero.hidden = !hasGridMeter(park);
  parts.unit.hidden = grid === null;
  const { forecast } = measureOf(park);
  const isOver = contract !== null && grid !== null && Math.max(grid, forecast) > contract;
  parts.hero.classList.toggle("p1", isOver);
  if (isOver !== parts.mark.hasChildNodes()) parts.mark.replaceChildren(...(isOver ? [shape("high", "p1")] : []));
  parts.proof.hidden = contract === null || grid === null;
  const said = heroWords(park, ui);
  setText(parts.share, said);
  if (parts.proof.hidden) return;
  showBar(parts, park, ui);
  parts.proof.setAttribute("aria-label", said || words.t("park.grid"));
}

function showBar(parts, park, { fmt, words }) {
  const { contract_demand_kw: contract } = park;
  const { so_far, forecast, limit } = measureOf(park);
  const end = Math.max(contract, so_far, forecast) * 1.004;
  const percent = (kw) => `${(Math.max(0, kw) / end) * 100}%`;
  const isAlarm = limit !== null && forecast > limit;
  setVars(parts.bar, {
    "--now": percent(Math.min(so_far, contract)),
    "--next": percent(Math.min(forecast, contract) - Math.min(so_far, contract)),
    "--over": percent(Math.max(so_far, forecast) - contract),
    "--at": percent(contract),
    "--limit": percent(limit ?? 0),
  });
  parts.bar.classList.toggle("alarm", isAlarm);
  parts.bar.classList.toggle("limited", limit !== null && limit < contract);
  const kw = (value) => fmt.number(value, 0);
  const [left, right] = parts.legend.children;
  setText(left, words.t(park.demand ? "demand.so_far" : "park.now", { kw: kw(so_far) }));
  setText(right.firstChild, limit !== null && limit < contract ? words.t("demand.alarm", { kw: kw(limit) }) : "");
  setText(right.lastChild, words.t("park.contract", { kw: kw(contract) }));
  const text = park.demand ? words.t("demand.forecast", { kw: kw(forecast) }) : "";
  const key = `${isAlarm} ${text}`;
  if (parts.forecast.dataset.key === key) return;
  parts.forecast.dataset.key = key;
  parts.forecast.classList.toggle("p1", isAlarm);
  parts.forecast.replaceChildren(...(isAlarm ? [shape("high", "p1"), " "] : []), text);
}

function heroWords(park, { fmt, words }) {
  const { grid_kw: grid, contract_demand_kw: contract, demand } = park;
  if (!hasGridMeter(park)) return words.t("park.no_grid_meter");
  if (grid === null) return words.t("park.no_grid");
  if (grid < 0) return words.t("park.exporting");
  if (contract === null) return "";
  const { forecast } = measureOf(park);
  const places = {
    share: fmt.number((forecast / contract) * 100, 1),
    kw: fmt.number(contract, 0),
    left: fmt.number(Math.abs(contract - forecast), 0),
    end: demand ? fmt.minute(demand.end_ms) : "",
  };
  const over = forecast > contract ? "_over" : "";
  return words.t(`${demand ? "demand" : "park"}.share${over}`, places);
}
