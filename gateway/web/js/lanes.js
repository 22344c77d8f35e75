// When a device had alarms: the lanes above its trend, made of the journal and what is active now.
import { ask } from "./api.js";

const MOST = 500; // events of one range: more cannot be told apart on a screen
const ENDS = new Set(["returned", "removed", "shelved", "suppressed", "out_of_service"]);

/** Lanes `{alarm, priority, from_ms, to_ms}` of events (any order); `active` alarms last: their `to_ms` is null. */
function lanesFrom(events, active, from_ms) {
  const lanes = [];
  const open = new Map();
  for (const event of [...events].sort((a, b) => a.seq - b.seq)) {
    const { alarm, transition, priority, time_ms } = event;
    if (transition === "raised" && !open.has(alarm))
      open.set(alarm, { alarm, priority, from_ms: time_ms, to_ms: null });
    else if (transition === "worsened" && open.has(alarm)) open.get(alarm).priority = priority;
    else if (ENDS.has(transition) && (transition === "returned" || open.has(alarm))) {
      lanes.push({ ...(open.get(alarm) ?? { alarm, priority, from_ms }), to_ms: time_ms });
      open.delete(alarm);
    }
  }
  for (const { id, priority, since_ms, condition } of active) {
    if (condition === "active") lanes.push({ alarm: id, priority, from_ms: since_ms, to_ms: null });
    open.delete(id);
  }
  for (const lane of open.values()) lanes.push({ ...lane, to_ms: lane.from_ms }); // its end is not in the answer
  return lanes;
}

/** The lanes of a device in a range; none where the gateway does not say: the trend stands without them. */
export async function lanesOf(device, from_ms, to_ms, signal) {
  const query = new URLSearchParams({
    device,
    from: new Date(from_ms).toISOString(),
    to: new Date(to_ms).toISOString(),
    limit: MOST,
  });
  try {
    const [journal, now] = await Promise.all([
      ask(`alarms/journal?${query}`, signal),
      ask(`alarms?${new URLSearchParams({ state: "active", device })}`, signal),
    ]);
    const active = now.items.filter((alarm) => alarm.since_ms < to_ms);
    return lanesFrom(journal.items, active, from_ms).filter((lane) => (lane.to_ms ?? to_ms) >= from_ms);
  } catch (error) {
    if (signal.aborted) throw error;
    return [];
  }
}
