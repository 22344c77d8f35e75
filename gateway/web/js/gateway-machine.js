// The machine on the Gateway page: processor, memory, disk, clock, certificate, last backup, versions.
import { ask } from "./api.js";
import { el, every } from "./dom.js";
import { bytesText, pairs } from "./gateway-words.js";
import { fillBox, section } from "./sections.js";
import { chip } from "./shapes.js";

const ASK_AGAIN_S = 10;
const NBSP = "\u00a0";
const MONTH_D = 30.4;
const SOON_D = 60; // a certificate or a disk that ends within
const UNUSUAL_D = 8; // without automatic backups: so old is told

function processor({ cpu_share: share, cores, load_1min: load }, { words, fmt }) {
  const used = share === null ? "–" : `${fmt.number(share * 100, share < 0.1 ? 1 : 0)}${NBSP}%`;
  const text = words.t("machine.of_cores", { used, n: cores });
  return load === null ? text : `${text}${words.t("punct.comma")}${words.t("machine.load", { n: fmt.number(load, 2) })}`;
}

function memory({ memory_bytes: own, machine_memory_bytes: all }, { words, fmt }) {
  if (own === null) return "–";
  return all === null ? bytesText(own, fmt) : words.t("machine.of", { a: bytesText(own, fmt), b: bytesText(all, fmt) });
}

function disk(found, { words, fmt }) {
  if (!found) return "–";
  const free = words.t("machine.free_of", { a: bytesText(found.free_bytes, fmt), b: bytesText(found.bytes, fmt) });
  const grows = found.history_bytes_a_day
    ? words.t("machine.grows", { n: bytesText(found.history_bytes_a_day * MONTH_D, fmt) })
    : "";
  const text = [free, grows].filter(Boolean).join(words.t("punct.comma"));
  if (found.full_in_days === null || found.full_in_days > SOON_D) return text;
  return [text, el("br"), chip("uncertain", words.t("machine.full_in", { n: fmt.number(found.full_in_days, 0) }), "p2")];
}

function clock({ is_synchronised: isRight, offset_ms: offset }, { words, fmt }) {
  if (isRight === null) return "–";
  if (!isRight) return chip("uncertain", words.t("machine.clock_free"), "p2");
  return words.t("machine.clock_right", { n: fmt.number(Math.abs(offset), 1) });
}

function certificate(found, { words, fmt, live }) {
  if (!found) return words.t("machine.no_tls");
  const days = (found.ends_ms - live.now()) / 86400e3;
  const look = { dateStyle: "medium", timeZone: fmt.timeZone };
  const day = new Intl.DateTimeFormat(words.language === "zh" ? "zh-CN" : "en-GB", look).format(found.ends_ms);
  const text = words.t("machine.valid_to", { day });
  const state = days < SOON_D && found.is_own ? chip("uncertain", text, "p2") : text;
  return [state, el("code", { class: "s q under" }, found.fingerprint_sha256)];
}

function backupState(found, { words, fmt, live }) {
  const { t } = words;
  if (found.running) return t("backup.running");
  if (found.last_ms === null) return chip("uncertain", t("backup.never"), "p2");
  const age_s = Math.max(0, (live.now() - found.last_ms) / 1000);
  const text = t("backup.age", { age: fmt.age(age_s) });
  const isOld = found.is_late || (found.directory === null && age_s > UNUSUAL_D * 86400);
  return isOld || found.error ? chip("stale", text, "p2") : text;
}

function backup(found, ui) {
  const { t } = ui.words;
  const order = async () => (await import("./gateway-backup.js")).askForBackup(ui);
  const button = ui.may("backup")
    ? el("button", { class: "link", type: "button", onclick: order, disabled: Boolean(found.running) }, t("backup.now"))
    : null;
  const every_ = found.directory
    ? t("backup.every", { age: ui.fmt.interval(found.every_s), n: found.keep, folder: found.directory })
    : t("backup.by_hand");
  const error = found.error ? el("span", { class: "s p2 under" }, ui.words.said(found.error)) : null;
  return [backupState(found, ui), " ", button, el("span", { class: "s q under" }, every_), error];
}

/** The section. */
export function machine(ui) {
  const { t } = ui.words;
  const body = el("div");
  const load = async () => {
    const found = await ask("machine", ui.signal);
    return pairs([
      [t("machine.cpu"), processor(found, ui)],
      [t("machine.memory"), memory(found, ui)],
      [t("machine.disk"), disk(found.disk, ui)],
      [t("machine.clock"), clock(found.clock, ui)],
      [t("machine.certificate"), certificate(found.certificate, ui)],
      [t("backup.title"), backup(found.backup, ui)],
      [t("gateway.version"), t("machine.version", { version: found.version, n: found.profiles })],
      [t("gateway.up"), ui.fmt.age(found.uptime_s)],
    ]);
  };
  fillBox(body, ui.words, ui.signal, load, 7);
  every(
    ASK_AGAIN_S,
    async () => {
      if (body.contains(document.activeElement)) return; // somebody is at its button
      try {
        const node = await load();
        if (!ui.signal.aborted) body.replaceChildren(node);
      } catch {
        // the bar tells that the gateway is away; the last figures stay
      }
    },
    ui.signal,
  );
  return section(t("machine.title"), {}, body);
}
