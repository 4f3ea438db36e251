// The list of videos: how far each is, which one is open, and the next one that is not labelled.
const BUSY_MS = 2000, QUIET_MS = 15000;
const STATES = { waiting: "waits", preparing: "people are being found", ready: "", failed: "failed" };
let isClipMode = false, isListOpen = true, projectTimer = 0;

const entryOf = (name) => project.videos.find((one) => one.name === name);

// Labels here are newer than those of the last answer of the server.
function countsOf(entry) {
  const one = sessions.get(entry.name);
  if (!one) {
    return { spans: entry.num_spans, actors: entry.num_tracks, labelled: entry.num_labelled_tracks, clips: entry.clip_labels };
  }
  const ids = new Set(one.doc.spans.map((span) => span.track)), clips = spansOf(one.doc, null);
  ids.delete(null);
  return {
    spans: one.doc.spans.length, actors: one.doc.tracks.length, labelled: ids.size,
    clips: [...new Set(clips.filter((span) => span.positive).map(nameOf))],
  };
}

const isLabelled = (entry) => countsOf(entry).spans > 0 || countsOf(entry).clips.length > 0;
const isPart = (entry) => countsOf(entry).labelled < countsOf(entry).actors;

function noteCounts(one) {
  const entry = entryOf(one.video);
  if (entry) Object.assign(entry, { revision: one.revision });
  drawVideos();
}

async function refreshProject() {
  clearTimeout(projectTimer);
  const { classes } = project;
  let isBusy = true;
  try {
    const { status, content } = await ask("GET", "project", {});
    if (status !== 200) throw new Error(content.error);
    isBusy = content.videos.some((one) => ["waiting", "preparing"].includes(one.state));
    // A class was added while the answer was on its way.
    if (project.classes !== classes) content.classes = project.classes;
    takeProject(content);
  } catch (error) {
    if (!project.videos.length) notice(`The videos cannot be listed: ${error.message}`, { isWarning: true, lasts: 0 });
  }
  projectTimer = setTimeout(refreshProject, isBusy ? BUSY_MS : QUIET_MS);
}

function takeProject(content) {
  const was = session && entryOf(session.video), isFirst = project.folder === "";
  const classesBefore = JSON.stringify(project.classes);
  Object.assign(project, content);
  if (classesBefore !== JSON.stringify(project.classes)) drawClasses();
  drawVideos();
  const now = session && entryOf(session.video);
  if (now && was && was.state !== now.state && now.state === "ready") readTracks(session);
  // The copy that browsers can play may have been made meanwhile.
  if (now && video.error && now.state !== "failed") loadVideo();
  if (was && now && (was.state !== now.state || was.progress !== now.progress)) render();
  if (isFirst) openFirst();
}

// People were found while the video was open already.
async function readTracks(one) {
  const { status, content } = await ask("GET", "labels", { video: one.video });
  if (status !== 200 || content.revision !== one.revision) return;
  const before = one.base, isDirtyNow = isDirty(one);
  rebase(one, content, mergeDocs);
  // Undo must not take the people away again.
  const add = (step) => ({ ...step, doc: step.doc.tracks.length ? step.doc : { ...step.doc, tracks: one.base.tracks } });
  one.past = one.past.map(add);
  one.future = one.future.map(add);
  if (!isDirtyNow && before !== one.base) one.doc = one.base;
  if (isDirty(one)) changed(one);
  if (one === session) { loadGhosts(one); fitStage(); }
  drawVideos();
  render();
}

// Where the user was the last time, unless labels of another video are not saved yet.
function openFirst() {
  const names = project.videos.map((one) => one.name), last = preference(`last/${project.folder}`);
  const unsaved = unsavedEntries().map((one) => one.video).find((name) => names.includes(name));
  const open = project.videos.find((one) => !isLabelled(one));
  const first = unsaved ?? (names.includes(last) ? last : open?.name ?? names[0]);
  if (first !== undefined) openVideo(first);
  else notice("The folder has no video.", { lasts: 0 });
}

function shownVideos() {
  const words = $("videofind").value.toLowerCase().trim(), kind = $("videofilter").value;
  const passes = { all: () => true, open: (one) => !isLabelled(one), part: isPart, done: isLabelled }[kind];
  return project.videos.filter((one) => one.name.toLowerCase().includes(words) && passes(one));
}

function drawVideos() {
  const shown = shownVideos(), done = project.videos.filter(isLabelled).length;
  $("videocount").textContent = `${done} of ${plural(project.videos.length, "video", "videos")} labelled` +
    (shown.length < project.videos.length ? `, ${shown.length} listed` : "");
  const old = new Map([...$("videolist").children].map((node) => [node.dataset.key, node]));
  const nodes = shown.map((entry) => {
    const facts = factsOfVideo(entry), isOn = entry.name === session?.video, key = JSON.stringify([entry.name, facts, isOn]);
    return old.get(key) ?? drawVideo(entry, facts, key, isOn);
  });
  const isSameList = nodes.length === $("videolist").children.length && nodes.every((node, at) => node === $("videolist").children[at]);
  if (!isSameList) {
    const focused = document.activeElement?.dataset?.video;
    $("videolist").replaceChildren(...nodes);
    if (focused) $("videolist").querySelector(`[data-video="${CSS.escape(focused)}"]`)?.focus();
  }
}

function factsOfVideo(entry) {
  const { spans, actors, labelled, clips } = countsOf(entry), parts = [];
  const isBusy = entry.state === "preparing" || entry.state === "waiting";
  if (entry.duration_sec) parts.push(clock(entry.duration_sec, 0));
  if (entry.state === "preparing") parts.push(`finding people ${Math.round(100 * (entry.progress || 0))} %`);
  else if (STATES[entry.state]) parts.push(entry.state === "failed" ? `failed: ${entry.message}` : STATES[entry.state]);
  if (actors) parts.push(`${labelled}/${actors} actors`);
  if (spans) parts.push(plural(spans, "label", "labels"));
  return { text: parts.join(" · "), clips: clips.map((label) => label || "nothing"), isBusy,
    part: entry.state === "preparing" ? entry.progress : actors ? labelled / actors : spans ? 1 : 0, isDone: isLabelled(entry),
    isUnsaved: sessions.has(entry.name) && isDirty(sessions.get(entry.name)) };
}

function drawVideo(entry, { text, clips, isBusy, part, isDone, isUnsaved }, key, isOn) {
  const node = make("li", { "data-key": key });
  const button = make("button", { type: "button", class: `video${isOn ? " on" : ""}`, "data-video": entry.name, title: entry.name,
    "aria-current": isOn });
  const line = make("span", { class: "videoname" });
  line.append(make("i", { class: isDone ? "mark done" : "mark", "aria-label": isDone ? "labelled" : "not labelled" }, isDone ? "✓" : ""),
    make("bdi", {}, entry.name));
  button.append(line, make("span", { class: "videofacts" }, `${isUnsaved ? "● " : ""}${text}`));
  if (clips.length) button.append(make("span", { class: "videoclips" }, clips.join(", ")));
  button.append(make("span", { class: isBusy ? "bar2 busy" : "bar2", style: `--part:${Math.round(100 * (part || 0))}%` }));
  node.append(button);
  return node;
}

function toggleList(isOpen = !isListOpen) {
  isListOpen = isOpen;
  $("app").classList.toggle("nolist", !isOpen);
  $("listbutton").setAttribute("aria-expanded", isOpen);
  if (isOpen && innerWidth <= NARROW) ($("videolist").querySelector(".on") ?? $("videofind")).focus();
  fitStage();
  render();
}

function openListed(name) {
  if (innerWidth <= NARROW) toggleList(false);
  openVideo(name);
}

function moveVideo(by) {
  const names = shownVideos().map((one) => one.name), at = names.indexOf(opening);
  const next = names[at < 0 ? 0 : at + by];
  if (next === undefined) return notice(by > 0 ? "This is the last video of the list." : "This is the first video of the list.");
  return openVideo(next);
}

function openNext(after, said = "") {
  const names = project.videos.map((one) => one.name), at = names.indexOf(after);
  const order = [...project.videos.slice(at + 1), ...project.videos.slice(0, Math.max(at, 0))];
  const next = order.find((one) => !isLabelled(one));
  if (!next) return notice(`${said} Each video has a label.`.trim());
  return openVideo(next.name).then(() => said && notice(said, { action: { text: "Go back", run: () => openVideo(after) } }));
}

function toggleClips() {
  isClipMode = !isClipMode;
  preference("clips", isClipMode);
  video.loop = isClipMode;
  if (isClipMode && session) {
    select({ lane: null });
    video.play().catch(() => {});
  }
  render();
}

function onListKey(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key], all = [...$("videolist").querySelectorAll("button")];
  if (!by || !all.length) return;
  event.preventDefault();
  event.stopPropagation();
  const at = all.indexOf(document.activeElement);
  if (at + by < 0) $("videofind").focus();
  else all[Math.min(at + by, all.length - 1)].focus();
}

function listenVideos() {
  $("videofind").oninput = $("videofilter").onchange = drawVideos;
  $("videolist").addEventListener("click", (event) => {
    const button = event.target.closest(".video");
    if (button) openListed(button.dataset.video);
  });
  $("videos").addEventListener("keydown", onListKey);
  if (innerWidth <= NARROW) toggleList(false);
  isClipMode = preference("clips") === "true";
}
