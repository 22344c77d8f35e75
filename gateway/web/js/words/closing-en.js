// The words of closing a month and of a period's files in English. Keys are the same as in closing-zh.js.
export default {
  "closing.title_close": "Close {name}", "closing.title_restate": "Tell {name} anew", "closing.cancel": "Cancel",
  "closing.means_close": "Closing fixes these figures: their entries go into the ledger, and a signed checkpoint holds them. Data that comes later changes them only where the month is told anew with a reason.",
  "closing.means_restate": "The data of this closed month has changed. Telling it anew takes back the entries that no longer hold and adds new ones; what was published stays readable, beside the reason and the effect.",
  "closing.second": "This is a proposal. Another person looks at these figures with an account of their own and approves or rejects them.",
  "closing.basis": "Basis", "closing.scope": "Scope", "closing.figures": "Figures that will be fixed, tCO₂e", "closing.incomplete": "Something is missing: these totals are lower bounds.", "closing.before": "Before", "closing.after": "After", "closing.difference": "Difference", "closing.no_effect": "The figures are those that were told already.",
  "closing.reason": "Why the published figures change", "closing.reason_missing": "A reason is needed: it stands beside the figures in every report.",
  "closing.send_close": "Propose to close", "closing.send_restate": "Propose to tell anew", "closing.sending": "Checking…", "closing.sent": "Proposed. It waits for another person.",
  "closing.against": "What stands against it", "closing.accept_missing": "The missing data is accepted because", "closing.exclude": "{name} is left out because",
  "against.missing": "Enter readings or a correction, or accept the missing data with a reason; every report names it.", "against.refusal": "Put right why it cannot be valued, or leave the source out with a reason; every report names it.", "against.no_record": "Record it, 0 where it was none, or leave the source out with a reason; every report names it.", "against.waiting": "Somebody else than who prepared them approves or rejects the waiting records.", "against.not_over": "Close it when it is over.", "against.no_sources": "Its emission sources are declared in the configuration.", "against.closed": "Load the page again: somebody has closed it.", "against.earlier_open": "Months are closed in order: the earlier ones first.", "against.uncounted": "Take the record back, or declare its source again.",
  "closing.by": "Proposed by", "closing.missing": "Missing data, accepted", "closing.left_out": "Left out: {name}",
  "closing.fixes_close": "Approving writes these figures to the ledger under both names and signs them. It cannot be taken back.", "closing.fixes_restate": "Approving writes reversals and new entries to the ledger under both names and signs them. It cannot be taken back.",
  "closing.approve": "Approve", "closing.reject": "Reject", "closing.reject_reason": "Reason of a rejection", "closing.reject_missing": "A rejection needs a reason, so that it can be put right.",
  "closing.done_close": "Closed and signed.", "closing.done_restate": "Told anew and signed.", "closing.done_reject": "Rejected.",
  "closing.not_approved": "Not approved: nothing was written.", "closing.changed": "What {name} proposed rests on other figures. Look at the new ones; then propose them, and another person approves.", "closing.again": "Show the new figures",

  "files.title": "Report of {name}", "files.close": "Done", "files.language": "Language of the files", "files.open": "The month is open: every file says that its figures may change.",
  "files.pdf": "PDF", "files.pdf_holds": "for reading and printing", "files.xlsx": "XLSX", "files.xlsx_holds": "with formulas over the entries", "files.csv": "CSV", "files.csv_holds": "every entry with all digits", "files.json": "JSON", "files.json_holds": "summary, entries, lines, factors, for programs", "files.zip": "ZIP", "files.zip_holds": "all of them with checkpoint, key and SHA-256 of each",
  "files.label": "Carbon label with QR code", "files.label_of": "Label of", "files.whole": "The whole period", "files.label_html": "Web page", "files.label_svg": "SVG", "files.label_pdf": "PDF",

  "sample.title": "Sample of entries, {name}", "sample.means": "Entries are drawn by chance and come as a ZIP, each with its whole trace and its files. The same word draws the same entries: say it only when the month is closed.",
  "sample.seed": "Word that draws them", "sample.seed_hint": "Any word or number of yours; it is kept in the audit log.", "sample.count": "How many entries", "sample.no_seed": "Say a word first.", "sample.no_count": "A whole number from 1 to {n}.", "sample.load": "Draw and load",
};
