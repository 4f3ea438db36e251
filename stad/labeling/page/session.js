// The videos that were opened, what is selected in the one that is shown, and undo.
const sessions = new Map();
let session = null;
// A lane is an actor's id, null for the whole clip, undefined for none.
const sel = { lane: undefined, also: null, span: null, range: null, ghost: null };
let activeClass = null, opening = "";

const docFromJson = (content) => ({
  tracks: content.tracks.map(trackFromJson), spans: inOrder(content.spans.map(spanFromJson)), complete: content.complete,
});

function newSession(content) {
  const doc = docFromJson(content);
  return {
    video: content.video, ...factsOf(content), doc, base: doc, past: [], future: [], ghosts: [], ghostState: "none",
    saving: false, timer: 0, tries: 0, problem: "", isConflict: false, sent: null, isRemembered: false,
  };
}

const factsOf = (content) => ({
  width: content.width, height: content.height, duration: content.duration_sec, fingerprint: content.fingerprint,
  revision: content.revision, media: content.media, fps: content.fps || 25,
});

const isDirty = (one) => one.doc !== one.base;
const durationOf = (one) => one.duration || ($("video").duration > 0 ? $("video").duration : 0);
const frameSec = () => 1 / (session?.fps || 25);

// From where to where a lane can have labels.
function limitsOf(lane, one = session) {
  if (lane === null) return [0, durationOf(one) || 1];
  const track = trackIn(one.doc, lane), last = endOf(track);
  const end = Math.min(last + 1 / one.fps, Math.max(durationOf(one) || Infinity, last + 0.001));
  return [toMs(Math.max(0, startOf(track))), toMs(end)];
}

// Takes a new state of the labels, which undo takes back.
function edit(what, doc, target = session) {
  if (doc === target.doc) return;
  target.past.push({ doc: target.doc, what, chosen: { ...sel } });
  target.future = [];
  target.doc = doc;
  if (target === session) mendSelection();
  changed(target);
  render();
}

function travel(from, to, verb) {
  const step = session?.[from].pop();
  if (!step) return notice(`There is nothing to ${verb.toLowerCase()}.`);
  session[to].push({ doc: session.doc, what: step.what, chosen: { ...sel } });
  session.doc = step.doc;
  if (step.chosen) Object.assign(sel, step.chosen);
  mendSelection();
  changed(session);
  notice(`${verb}: ${step.what}.`);
  render();
}

const undo = () => travel("past", "future", "Undo");
const redo = () => travel("future", "past", "Redo");

// What is selected may have gone.
function mendSelection() {
  const { doc } = session, isThere = (lane) => lane == null || trackIn(doc, lane);
  if (sel.lane === undefined || !isThere(sel.lane)) Object.assign(sel, { lane: undefined, span: null, range: null });
  if (!isThere(sel.also)) sel.also = null;
  if (sel.span && !doc.spans.includes(sel.span)) {
    sel.span = doc.spans.find((span) => keyOf(span) === keyOf(sel.span)) ?? null;
  }
  if (sel.ghost && isAnswered(doc, sel.ghost)) sel.ghost = null;
}

function select(changes) {
  Object.assign(sel, { also: null, span: null, range: null, ghost: null }, changes);
  render();
}

// Labels read again after another writer changed them, or after people were found: mine stay on top.
function rebase(one, content, makeDoc) {
  const theirs = docFromJson(content);
  theirs.tracks = sameObjects(theirs.tracks, one.base.tracks);
  const mine = one.doc, doc = makeDoc(one.base, mine, theirs);
  Object.assign(one, { base: theirs, revision: content.revision, isConflict: false, problem: "", tries: 0, sent: null });
  if (content.media) Object.assign(one, factsOf(content));
  if (docKey(doc) === docKey(theirs) && doc.tracks.every((track, at) => track === theirs.tracks[at])) one.doc = theirs;
  else one.doc = doc;
  if (one === session) mendSelection();
  render();
}

const docKey = (doc) => JSON.stringify([doc.complete, doc.tracks.map((track) => track.id), doc.spans.map(keyOf).sort()]);

// Reads the labels of a video from the server, unless some of its labels here are not saved yet.
async function fetchSession(name) {
  const known = sessions.get(name);
  if (known && isDirty(known)) return known;
  const { status, content } = await ask("GET", "labels", { video: name });
  if (status !== 200) throw new Error(content.error);
  const now = sessions.get(name);
  if (!now) {
    sessions.set(name, newSession(content));
    return sessions.get(name);
  }
  if (!isDirty(now)) {
    if (docKey(docFromJson(content)) !== docKey(now.doc)) {
      now.past.push({ doc: now.doc, what: "read labels that were changed elsewhere" });
    }
    rebase(now, content, (base, mine, theirs) => theirs);
  }
  return now;
}

async function openVideo(name) {
  opening = name;
  $("name").textContent = name;
  notice("");
  try {
    const found = await fetchSession(name);
    if (opening !== name) return;
    session = found;
  } catch (error) {
    if (opening === name) notice(`${name} cannot be opened: ${error.message}`, { isWarning: true, lasts: 0 });
    return;
  }
  select({ lane: session.doc.tracks.length && !isClipMode ? session.doc.tracks[0].id : null });
  preference(`last/${project.folder}`, name);
  showVideo();
  resetLanes();
  loadGhosts(session);
  offerUnsaved(session);
  render();
}
