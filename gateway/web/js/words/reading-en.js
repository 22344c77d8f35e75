// The words of the page for one meter reading in English. Keys are the same as in reading-zh.js.
export default {
  "reading.title": "Enter a reading", "reading.photo": "Photo of the meter (optional)", "reading.photo_taken": "The photo that will be sent", "reading.time": "Date and time, site's local time", "reading.now": "Read now.", "reading.other_time": "Another time", "reading.last": "Last reading {value}, {time}", "reading.first": "This meter was never read.", "reading.send": "Send", "reading.next": "Next meter", "reading.open": "Open the record", "reading.no_meter": "No meter is known that could be read.",
};
