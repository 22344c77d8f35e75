// The highest active alarm of each enterprise, for the rows that name it.
import { ask } from "./api.js";
import { isWaiting } from "./shapes.js";

/** Higher priority first, then what waits, then the newest. */
const before = (a, b) =>
  a.priority - b.priority || Number(isWaiting(b)) - Number(isWaiting(a)) || (b.since_ms ?? 0) - (a.since_ms ?? 0);

/** Alarms by enterprise id; empty where the gateway does not say: the rows stand without a remark. */
export async function highestByEnterprise(signal) {
  const highest = new Map();
  try {
    const { items } = await ask("alarms?state=active&limit=500", signal);
    for (const alarm of [...items].sort(before))
      if (alarm.enterprise && !highest.has(alarm.enterprise)) highest.set(alarm.enterprise, alarm);
  } catch (error) {
    if (signal.aborted) throw error;
  }
  return highest;
}
