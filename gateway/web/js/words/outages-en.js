// The words of a table of outages in English. Keys are the same as in outages-zh.js.
export default {
  "conn.equipment": "Equipment", "conn.from": "From", "conn.lasted": "Lasted", "conn.reason": "Reason", "conn.goes_on": "goes on",
};
