// The draft of the Setup page: all of it stands in the address, so that a reload or a mail keeps it.

const KEYS = [
  "step", "device", "new", "en", "zh", "enterprise", "kind", "role", "profile", "connection", "unit", "topic_id", "order",
  "c_name", "c_driver", "c_transport", "c_host", "c_port", "c_device", "c_baudrate", "c_parity", "c_stopbits", "c_topics",
];
const TCP = ["tcp", "udp", "rtu-over-tcp"];
const LAST = 4;

/** The value of `connection` that stands for one that is not there yet. */
export const NEW = "+";

/** The draft that an address holds. */
export function readDraft({ searchParams }) {
  const state = Object.fromEntries(KEYS.map((key) => [key, (searchParams.get(key) ?? "").trim()]));
  state.step = Math.min(LAST, Math.max(1, Number.parseInt(state.step, 10) || 1));
  return state;
}

/** The address of a draft. */
export function addressOf(state) {
  const query = new URLSearchParams(Object.entries(state).filter(([key, text]) => KEYS.includes(key) && text !== ""));
  return `/setup?${query}`;
}

const number = (text) => (/^\d+$/.test(text) ? Number(text) : text);
const given = (pairs) => Object.fromEntries(pairs.filter(([, value]) => value !== "" && value !== undefined));

function connectionOf(state) {
  if (state.connection !== NEW) return null;
  const { c_driver: driver, c_transport: transport } = state;
  const common = [["name", state.c_name], ["driver", driver]];
  if (driver === "mqtt")
    return given([...common, ["host", state.c_host], ["port", number(state.c_port)], ["topics", state.c_topics ? [state.c_topics] : ""]]);
  if (TCP.includes(transport || "tcp"))
    return given([...common, ["transport", transport === "tcp" ? "" : transport], ["host", state.c_host], ["port", number(state.c_port)]]);
  const line = [["device", state.c_device], ["baudrate", number(state.c_baudrate)], ["parity", state.c_parity], ["stopbits", number(state.c_stopbits)]];
  return given([...common, ["transport", transport], ...line]);
}

/** The order of bytes stands at each point: a profile is of many devices. */
function pointsOf(state, profile) {
  if (!state.order || !profile) return "";
  const wide = profile.points.filter((point) => (point.size ?? 1) > 1 && point.address.type !== "string");
  return Object.fromEntries(wide.map(({ point }) => [point, { order: state.order }]));
}

/** What the API is asked: the device as it stands in park.yaml, and its connection where that is new. */
export function draftOf(state, profile) {
  const connection = connectionOf(state);
  const names = given([["en", state.en], ["zh", state.zh]]);
  const device = given([
    ["id", state.device],
    ["name", Object.keys(names).length ? names : ""],
    ["enterprise", state.enterprise],
    ["kind", state.kind],
    ["role", state.role],
    ["profile", state.profile],
    ["connection", connection ? state.c_name : state.connection],
    ["unit", number(state.unit)],
    ["topic_id", state.topic_id],
    ["points", pointsOf(state, profile)],
  ]);
  return { device, connection };
}

const FIRST = ["id", "name", "enterprise", "kind", "role"];

/** The step that a wrong field stands on. */
export function stepOf(field) {
  const [part, name] = field.split(".");
  return part === "device" && FIRST.includes(name) ? 1 : 2;
}
