// The list of keys in English, loaded when it is asked for. Keys are the same as in keys-zh.js.
export default {
  "keys.on": "Single keys on this device",
  "keys.g p": "Park", "keys.g d": "Devices", "keys.g a": "Alarms", "keys.g e": "Enterprises", "keys.g c": "Carbon", "keys.g w": "Gateway", "keys.a": "Acknowledge the selected alarm", "keys.s": "Shelve the selected alarm", "keys./": "Find a device", "keys.j k": "Next, previous row", "keys.Enter": "Open", "keys.n": "Next abnormal device",
  "keys.[ ]": "Range back, forward", "keys.+ -": "Zoom", "keys.t": "Chart or table", "keys.?": "This list", "keys.Esc": "Close",
};
