// Saves labels soon after each change; what is not saved yet is also kept in the browser.
const SAVE_MS = 400, MAX_WAIT_MS = 15000, KEEPALIVE_BYTES = 60000, LIVE_MS = 4000;
const storePrefix = () => `stad-label/unsaved/${project.folder}/`;
const storeKey = (one) => `${storePrefix()}${one.video}#${tabId}`;

function changed(one) {
  remember(one);
  if (!one.isConflict) schedule(one, SAVE_MS);
  showSaved();
}

function schedule(one, ms) {
  clearTimeout(one.timer);
  one.timer = isDirty(one) || one.saving ? setTimeout(() => save(one), ms) : 0;
}

function differenceOf(one, doc = one.doc) {
  const was = new Set(one.base.tracks), there = new Set(doc.tracks.map((track) => track.id));
  return {
    revision: one.revision, spans: doc.spans.map(spanToJson), complete: doc.complete,
    tracks_changed: doc.tracks.filter((track) => !was.has(track)).map(trackToJson),
    tracks_removed: one.base.tracks.map((track) => track.id).filter((id) => !there.has(id)),
  };
}

async function save(one, { keepalive = false } = {}) {
  clearTimeout(one.timer);
  if (one.saving || one.isConflict || !isDirty(one)) return showSaved();
  const doc = one.doc, body = differenceOf(one);
  if (keepalive && JSON.stringify(body).length > KEEPALIVE_BYTES) return;
  one.saving = true;
  showSaved();
  try {
    take(one, doc, await ask("PUT", "labels", { video: one.video, body, keepalive }));
  } catch {
    failed(one, doc, "The server does not answer");
  }
  one.saving = false;
  if (one.doc !== doc && !one.isConflict && !one.timer) schedule(one, SAVE_MS);
  remember(one);
  showSaved();
  if (one.isConflict) settle(one);
}

function take(one, doc, { status, content }) {
  one.timer = 0;
  if (status === 200) {
    Object.assign(one, { base: doc, revision: content.revision, problem: "", tries: 0, sent: null });
    return noteCounts(one);
  }
  if (status === 409) {
    // An answer that was lost on its way: these are my own labels.
    if (one.sent && docKey(docFromJson(content.labels)) === docKey(one.sent)) {
      Object.assign(one, { base: one.sent, revision: content.labels.revision, sent: null, problem: "", tries: 0 });
      return schedule(one, 0);
    }
    one.isConflict = true;
    one.theirs = content.labels;
    one.problem = "The labels were changed elsewhere";
    return null;
  }
  if (status === 401 || status === 403) {
    one.problem = "The server was started again: open the address that it printed, your labels are kept in this browser";
    return schedule(one, MAX_WAIT_MS);
  }
  if (status >= 500) return failed(one, doc, content.error);
  // The server read it and refuses it; the same labels would be refused again.
  one.problem = content.error;
  return notice(`Not saved: ${content.error}`, { isWarning: true, lasts: 0 });
}

function failed(one, doc, problem) {
  one.sent = doc;
  one.tries += 1;
  one.waitMs = Math.min(500 * 2 ** one.tries, MAX_WAIT_MS);
  one.problem = problem;
  clearTimeout(one.timer);
  one.timer = setTimeout(() => save(one), one.waitMs);
}

// Says how it stands with all videos, the worst first.
function showSaved() {
  const all = [...sessions.values()], open = all.filter((one) => isDirty(one) || one.saving);
  const bad = open.find((one) => one.problem), box = $("saved");
  const where = bad && bad !== session ? ` (${bad.video})` : "";
  const state = bad ? "failed" : open.length ? "saving" : "done";
  const text = bad ? `Not saved: ${bad.problem.replace(/\.$/, "")}${where}` : open.length ? "Saving…" : session ? "Saved" : "";
  if (box.textContent !== text) box.textContent = text;
  box.dataset.state = state;
  box.title = text;
  $("retry").hidden = !bad;
  document.title = `${open.length ? "● " : ""}${session?.video ?? project.folder} · label`;
}

function retryNow() {
  for (const one of sessions.values()) {
    if (one.isConflict) settle(one);
    else save(one);
  }
}

// Labels were changed elsewhere since they were read: the user decides, and undo has the other ones.
async function settle(one) {
  if (one.isSettling) return;
  one.isSettling = true;
  const theirs = one.theirs, count = (spans) => plural(spans.length, "label", "labels");
  const answer = await choose("The labels were changed elsewhere", [
    `Another tab or program saved labels of ${one.video} since this page read them. Nothing is lost: ` +
      "choose what to keep, and undo brings the other back.",
    `Saved elsewhere: ${count(theirs.spans)}, ${plural(theirs.tracks.length, "actor", "actors")}. ` +
      `Here: ${count(one.doc.spans)}, ${plural(one.doc.tracks.length, "actor", "actors")}.`,
  ], [["both", "Keep both"], ["theirs", "Load theirs"], ["mine", "Overwrite with mine"]]);
  one.isSettling = false;
  if (!answer) return notice("The labels of this page are not saved. 'Save now' asks again.", { isWarning: true });
  resolve(one, theirs, answer);
}

function resolve(one, content, answer) {
  const mine = one.doc;
  rebase(one, content, { both: mergeDocs, theirs: (base, own, theirs) => theirs, mine: (base, own) => own }[answer]);
  const other = answer === "mine" ? one.base : mine;
  one.past.push({ doc: other, what: answer === "mine" ? "overwrite the labels saved elsewhere" : "take labels saved elsewhere" });
  one.future = [];
  changed(one);
  noteCounts(one);
  render();
}

// Written at once at each change: a closed browser or a dead server loses nothing.
function remember(one) {
  try {
    if (!isDirty(one)) {
      if (one.isRemembered) localStorage.removeItem(storeKey(one));
      one.isRemembered = false;
      return;
    }
    const entry = { ...differenceOf(one), base_spans: one.base.spans.map(spanToJson), base_complete: one.base.complete,
      fingerprint: one.fingerprint, at: Date.now() };
    localStorage.setItem(storeKey(one), JSON.stringify(entry));
    one.isRemembered = true;
  } catch {
    // Full, or not allowed: the page still warns before it is left.
  }
}

// What earlier visits could not save: [{ key, video, entry }].
function unsavedEntries() {
  const found = [];
  for (let at = 0; at < localStorage.length; at++) {
    const key = localStorage.key(at), prefix = storePrefix();
    if (!key.startsWith(prefix) || key.endsWith(`#${tabId}`)) continue;
    const video = key.slice(prefix.length, key.lastIndexOf("#"));
    try {
      found.push({ key, video, entry: JSON.parse(localStorage.getItem(key)) });
    } catch { localStorage.removeItem(key); }
  }
  return found.sort((a, b) => a.entry.at - b.entry.at);
}

// Another tab may be about to save it: it is asked for when it is a few seconds old.
async function offerUnsaved(one) {
  for (const { key, video, entry } of unsavedEntries()) {
    if (video !== one.video) continue;
    const age = Date.now() - entry.at;
    if (age < LIVE_MS) { setTimeout(() => one === session && offerUnsaved(one), LIVE_MS - age); continue; }
    if (one.isOffering) return;
    one.isOffering = true;
    const isOther = entry.fingerprint && one.fingerprint && entry.fingerprint !== one.fingerprint;
    const answer = await choose("Labels that were not saved", [
      `Changes of ${one.video} from ${new Date(entry.at).toLocaleString()} were not saved: ` +
        `${plural(entry.spans.length, "label", "labels")} then, ${plural(one.doc.spans.length, "label", "labels")} now.`,
      ...(isOther ? ["The video file was changed since."] : []),
      ...(entry.revision !== one.revision ? ["The labels were changed since: restoring keeps both."] : []),
    ], [["restore", "Restore them"], ["discard", "Discard them"]], { canClose: true });
    one.isOffering = false;
    if (answer === "restore") restore(one, entry);
    if (answer) localStorage.removeItem(key);
  }
}

function restore(one, entry) {
  const gone = new Set([...entry.tracks_removed, ...entry.tracks_changed.map((track) => track.id)]);
  const was = { tracks: one.base.tracks, spans: entry.base_spans.map(spanFromJson), complete: entry.base_complete };
  const tracks = [...was.tracks.filter((track) => !gone.has(track.id)), ...entry.tracks_changed.map(trackFromJson)];
  const mine = withTracks({ complete: entry.complete }, tracks, entry.spans.map(spanFromJson));
  edit("restore labels that were not saved", mergeDocs(was, mine, one.doc), one);
}

function leave(event) {
  if ([...sessions.values()].some((one) => isDirty(one) || one.saving)) event.preventDefault();
}

function flush() {
  for (const one of sessions.values()) if (isDirty(one) && !one.saving) save(one, { keepalive: true });
}
