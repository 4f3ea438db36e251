// One lane an actor over time, and one for the whole clip; only what is in view is in the page.
const ROW = 20, PAD = 4, NARROW = 820;
const HEAD_ROOM = 8;
let lanes = [], zoom = 1, isUnlabelledOnly = false, preview = null;

const left = () => (innerWidth <= NARROW ? 84 : 118);
const lengthSec = () => Math.max(durationOf(session), ...session.doc.tracks.map(endOf), 0.1);
const lanesWidth = () => Math.max(50, $("scroll").clientWidth - left() - HEAD_ROOM) * zoom;
const toX = (sec) => left() + sec / lengthSec() * lanesWidth();
const toSec = (x) => (x - left()) / lanesWidth() * lengthSec();
const secAt = (event) => toSec(event.clientX - $("sheet").getBoundingClientRect().left);

function resetLanes() {
  zoom = 1;
  preview = null;
  $("scroll").scrollTop = $("scroll").scrollLeft = 0;
  $("length").textContent = clock(durationOf(session), 2);
  setTime(0);
}

const isLaneLabelled = (lane) => session.doc.spans.some((span) => span.track === lane);
const isLaneShown = (lane) =>
  !isUnlabelledOnly || lane === sel.lane || lane === sel.also || !isLaneLabelled(lane);
const laneIds = () => [null, ...session.doc.tracks.map((track) => track.id).filter(isLaneShown)];

// Spans and proposals of a lane with their rows, and how high it is.
function layOutLane(lane) {
  const spans = spansOf(session.doc, lane), rowOf = new Map();
  const hidden = preview?.hides;
  const ghosts = openGhosts().filter((ghost) => ghost.track === lane);
  const rows = Math.max(1, stackGhosts(ghosts, rowOf, stackSpans(spans, rowOf)));
  return { lane, spans: spans.filter((span) => span !== hidden), ghosts, rowOf, height: rows * ROW + 2 * PAD };
}

function layOutLanes() {
  let top = 0;
  lanes = laneIds().filter((lane) => lane !== null).map((lane) => {
    const one = { ...layOutLane(lane), top };
    top += one.height;
    return one;
  });
  $("rows").style.height = `${top}px`;
}

function drawLanes() {
  if (!session) return;
  layOutLanes();
  const box = $("scroll"), from = box.scrollLeft - 200, to = box.scrollLeft + box.clientWidth + 200;
  $("sheet").style.width = `${left() + lanesWidth() + HEAD_ROOM}px`;
  $("clip").replaceChildren(drawLane({ ...layOutLane(null), top: 0 }, from, to));
  const high = box.clientHeight;
  $("rows").replaceChildren(...lanes.filter((one) =>
    one.top + one.height > box.scrollTop - 150 && one.top < box.scrollTop + high + 150)
    .map((one) => drawLane(one, from, to)));
  drawRuler(Math.max(0, toSec(from)), Math.min(lengthSec(), toSec(to)));
  moveHead();
  tellLanes();
}

// Only the lane in which something is dragged; it keeps its height meanwhile.
function redrawLane(lane) {
  const old = $("sheet").querySelector(`.lane[data-lane="${lane ?? "clip"}"]`);
  const place = lane === null ? { top: 0 } : lanes.find((one) => one.lane === lane), box = $("scroll");
  if (!old || !place) return drawLanes();
  const next = { ...layOutLane(lane), top: place.top, ...(place.height ? { height: place.height } : {}) };
  return old.replaceWith(drawLane(next, box.scrollLeft - 200, box.scrollLeft + box.clientWidth + 200));
}

function drawLane(one, from, to) {
  const { lane, spans, ghosts, rowOf, top, height } = one, isOn = lane === sel.lane;
  const node = make("div", {
    class: `lane${isOn ? " on" : ""}${lane !== null && lane === sel.also ? " also" : ""}`, "data-lane": lane ?? "clip", role: "group",
    style: `top:${top}px;height:${height}px`, "aria-label": `${laneName(lane)}: ${plural(spans.length, "label", "labels")}`,
    "aria-current": isOn,
  });
  node.append(drawWho(lane, spans));
  const there = lane === null ? [[0, lengthSec()]] : presenceOf(trackIn(session.doc, lane));
  const inView = (start, end) => toX(end) >= from && toX(start) <= to;
  for (const [start, end] of there) {
    if (inView(start, end)) node.append(make("div", { class: "there", style: placeStyle(start, Math.max(end, start + frameSec())) }));
  }
  if (isOn && sel.range && !preview) node.append(drawRange(sel.range));
  for (const span of spans) if (inView(span.start, span.end)) node.append(drawSpan(span, rowOf.get(span)));
  for (const ghost of ghosts) if (inView(ghost.start, ghost.end)) node.append(drawSpan(ghost, rowOf.get(ghost), "ghost"));
  if (preview && preview.lane === lane) {
    node.append(preview.span ? drawSpan(preview.span, preview.row ?? 0, "moving") : drawRange(preview.range));
  }
  return node;
}

function placeStyle(start, end) {
  const x = Math.max(toX(start), left());
  return `left:${x}px;width:${Math.max(2, toX(Math.min(end, lengthSec())) - x)}px`;
}

// The name of a lane, how much of it is labelled, and by colour which actor of the video it is.
function drawWho(lane, spans) {
  const who = make("button", { type: "button", class: "who", tabindex: -1, title: lane === null ? "Labels of the whole frame"
    : `Actor ${lane}. Shift and click selects a second one to join.` });
  const part = spans.length ? labelledPart(spans, limitsOf(lane)) : 0;
  if (lane === null) who.append(make("span", { class: "cliptext" }, "whole clip"));
  else {
    const { color, text } = actorColors(lane);
    who.append(make("span", { class: "chip", style: `background:${color};color:${text}` }, `#${lane}`));
  }
  const percent = Math.round(part * 100);
  who.append(make("span", { class: "part" }, spans.length ? `${percent >= 99 ? "✓" : `${percent} %`}` : ""));
  who.setAttribute("aria-label", `${laneName(lane)}, ${percent} % labelled`);
  return who;
}

const drawRange = ([start, end]) => make("div", { class: "range", style: placeStyle(start, end) });

function drawSpan(span, row, kind = "") {
  const { color, text } = classColors(span.label), width = toX(Math.min(span.end, lengthSec())) - toX(span.start);
  const name = nameOf(span), isPlain = kind !== "ghost" && span.positive && span.label !== NOTHING;
  const look = isPlain ? `background:${color};color:${text}` : `--own:${span.label === NOTHING ? "var(--soft)" : color}`;
  const isOn = span === sel.span || span === sel.ghost;
  const says = `${name}${kind === "ghost" ? `, proposed, score ${span.score.toFixed(2)}` : ""}, ` +
    `${clock(span.start, 2)} to ${clock(span.end, 2)}`;
  const node = make("div", {
    class: `span ${kind} ${isPlain ? "" : span.label === NOTHING ? "none" : span.positive ? "" : "not"}${isOn ? " on" : ""}`,
    role: "button", tabindex: -1, "aria-label": says, "aria-pressed": isOn, title: says,
    style: `${placeStyle(span.start, span.end)};top:${PAD + row * ROW}px;${look}`,
  });
  if (width > 22) node.append(make("span", {}, kind === "ghost" ? `${name} ${span.score.toFixed(2)}` : name));
  else node.classList.add("thin");
  node.span = span;
  node.isGhost = kind === "ghost";
  return node;
}

function drawRuler(from, to) {
  const perSec = lanesWidth() / lengthSec();
  const steps = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((value) => value * perSec >= 64) ?? 7200, marks = [];
  for (let n = Math.ceil(from / step); n * step <= to && toX(n * step) < toX(lengthSec()) - 30; n++) {
    marks.push(make("span", { style: `left:${toX(n * step)}px` }, clock(n * step, step < 0.1 ? 2 : step < 1 ? 1 : 0)));
  }
  $("ruler").replaceChildren(...marks);
}

function moveHead() {
  if (session) $("head").style.left = `${toX(timeSec)}px`;
}

// Keeps the playhead in view.
function followHead() {
  const box = $("scroll"), x = toX(timeSec);
  if (zoom > 1 && (x < box.scrollLeft + left() || x > box.scrollLeft + box.clientWidth - 20)) {
    box.scrollLeft = x - left() - 60;
  }
}

function showLane(lane) {
  if (lane == null) return;
  layOutLanes();
  const one = lanes.find((other) => other.lane === lane), box = $("scroll"), room = box.clientHeight - $("top").offsetHeight;
  if (!one) return;
  if (one.top < box.scrollTop) box.scrollTop = one.top;
  else if (one.top + one.height > box.scrollTop + room) box.scrollTop = one.top + one.height - room;
}

function tellLanes() {
  const { doc } = session, entry = project.videos.find((one) => one.name === session.video);
  let text = "";
  if (!doc.tracks.length) {
    text = entry && ["waiting", "preparing"].includes(entry.state)
      ? `People are being found: ${Math.round((entry.progress || 0) * 100)} %. The whole clip can be labelled already.`
      : entry?.state === "failed" ? `No people could be found: ${entry.message}`
        : "No people were found. Draw a box around one, or label the whole clip.";
  } else if (isUnlabelledOnly && !lanes.length) text = "Each actor has a label.";
  $("lanesnote").hidden = !text;
  $("lanesnote").textContent = text;
}

function setZoom(value, anchorSec = timeSec) {
  const box = $("scroll"), anchor = toX(anchorSec) - box.scrollLeft;
  const isInView = anchor >= left() && anchor <= box.clientWidth;
  zoom = clamp(value, 1, Math.max(1, lengthSec() / 2));
  $("sheet").style.width = `${left() + lanesWidth() + HEAD_ROOM}px`;
  box.scrollLeft = toX(anchorSec) - (isInView ? anchor : box.clientWidth / 2);
  drawLanes();
}

// To what is selected, or to the whole video if it is in full view already.
function zoomFit() {
  const part = sel.ghost ?? sel.span;
  const found = sel.range ?? (part ? [part.start, part.end] : sel.lane != null ? limitsOf(sel.lane) : null);
  const value = found ? lengthSec() / (1.2 * Math.max(found[1] - found[0], 0.5)) : 1;
  if (!found || Math.abs(zoom - clamp(value, 1, Math.max(1, lengthSec() / 2))) < 0.01) return setZoom(1);
  setZoom(value, (found[0] + found[1]) / 2);
  $("scroll").scrollLeft = toX(found[0]) - left() - 20;
  return drawLanes();
}

function moveLane(by) {
  const ids = laneIds(), at = sel.lane === undefined ? (by > 0 ? -1 : ids.length) : ids.indexOf(sel.lane);
  const next = ids[clamp(at + by, 0, ids.length - 1)];
  select({ lane: next });
  showLane(next);
}

// To the next label of the lane, or the one before.
function moveSpan(by) {
  const lane = sel.lane === undefined ? null : sel.lane, own = spansOf(session.doc, lane);
  if (!own.length) return notice("This lane has no label.");
  let at = own.indexOf(sel.span);
  if (at >= 0) at += by;
  else at = by > 0 ? own.findIndex((span) => span.start >= timeSec - TINY_SEC) : own.findLastIndex((span) => span.start < timeSec);
  if (at < 0) at = by > 0 ? own.length - 1 : 0;
  const span = own[Math.min(at, own.length - 1)];
  select({ lane, span });
  showLane(lane);
  return seek(span.start);
}
