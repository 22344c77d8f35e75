// A screen on a wall: no controls, and nothing burns in.
import { dress, setVars } from "./dom.js";

const STEP_PX = 2;
const STEPS = 4; // to each side, then back to where it began
const HOUR_MS = 3_600_000;

/** Where the page stands in this hour: it goes round a small square, 2 px an hour. */
function driftAt(time_ms) {
  const hour = Math.floor(time_ms / HOUR_MS) % (4 * STEPS);
  const along = (hour % STEPS) * STEP_PX;
  const far = STEPS * STEP_PX;
  return [[along, 0], [far, along], [far - along, far], [0, far - along]][Math.floor(hour / STEPS)];
}

/** Moves the page a little every hour, as long as it is open. */
export async function keepFresh({ live }) {
  await dress("wall");
  const move = () => {
    const [x, y] = driftAt(live.now());
    setVars(document.body, { "--drift-x": `${x}px`, "--drift-y": `${y}px` });
  };
  move();
  setInterval(move, 60_000);
}
