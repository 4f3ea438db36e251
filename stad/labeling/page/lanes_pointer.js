// The mouse, pen or finger in the lanes: seek, select, drag a time range, drag labels and their ends.
const FAR_PX = 4, SNAP_PX = 6, EDGE_PX = 7;
let drag = null;

const laneOf = (event) => {
  const node = document.elementFromPoint(event.clientX, event.clientY)?.closest?.(".lane") ?? event.target.closest(".lane");
  return node ? (node.dataset.lane === "clip" ? null : Number(node.dataset.lane)) : undefined;
};

function startDrag(event) {
  if (event.button || !session || drag) return;
  const node = event.target.closest(".span"), lane = laneOf(event);
  if (event.target.closest(".who")) return pressWho(event, lane);
  drag = { x: event.clientX, headSec: timeSec, isFar: false, lane, isRangeOnly: event.shiftKey, ...kindOfDrag(event, node, lane) };
  if (drag.kind === "none") { drag = null; return null; }
  $("sheet").setPointerCapture(event.pointerId);
  if (drag.kind === "scrub") seek(secAt(event), { follow: false });
  return null;
}

function kindOfDrag(event, node, lane) {
  if (event.target.closest("#ruler")) return { kind: "scrub" };
  // A click on a proposal selects it, but a drag may begin there as anywhere.
  if (node?.isGhost) return { kind: "range", from: secAt(event), ghost: node.span };
  if (node) {
    const { span } = node, box = node.getBoundingClientRect(), near = Math.min(EDGE_PX, box.width / 3);
    const kind = event.clientX - box.left < near ? "start" : box.right - event.clientX < near ? "end" : "move";
    return { kind, span, row: layOutLane(lane).rowOf.get(span) };
  }
  if (lane === undefined) return { kind: "none" };
  const sec = secAt(event), reach = SNAP_PX / lanesWidth() * lengthSec();
  if (lane === sel.lane && sel.range) {
    const at = sel.range.findIndex((end) => Math.abs(end - sec) < reach);
    if (at >= 0) return { kind: "range", from: sel.range[1 - at] };
  }
  return { kind: "range", from: sec };
}

// The frame's time, or what is near: the playhead, other labels, the ends of the lane. The alt key takes the frame.
function snapped(sec, event) {
  const reach = SNAP_PX / lanesWidth() * lengthSec(), limits = limitsOf(drag.lane);
  const marks = [drag.headSec, ...limits];
  for (const span of spansOf(session.doc, drag.lane)) if (span !== drag.span) marks.push(span.start, span.end);
  const near = marks.reduce((best, mark) => (Math.abs(mark - sec) < Math.abs(best - sec) ? mark : best));
  const found = !event.altKey && Math.abs(near - sec) <= reach ? near : toFrame(sec);
  return clamp(found, ...limits);
}

function moveDrag(event) {
  if (!drag) return;
  if (!drag.isFar && Math.abs(event.clientX - drag.x) < FAR_PX) return;
  drag.isFar = true;
  scrollAtEnds(event);
  const sec = secAt(event);
  if (drag.kind === "scrub") return seek(sec, { follow: false });
  if (drag.kind === "range") dragRange(sec, event);
  else if (drag.span) dragSpan(sec, event);
  redrawLane(drag.lane);
}

function dragRange(sec, event) {
  const from = snapped(drag.from, event), to = snapped(sec, event), range = [Math.min(from, to), Math.max(from, to)];
  const paints = activeClass !== null && !drag.isRangeOnly;
  const span = { track: drag.lane, label: activeClass, positive: true, start: range[0], end: range[1] };
  preview = paints ? { lane: drag.lane, span } : { lane: drag.lane, range };
  drag.range = range;
  video.pause();
  seek(to, { follow: false });
}

function dragSpan(sec, event) {
  const { span, kind } = drag, limits = limitsOf(drag.lane), shortest = frameSec();
  let { start, end } = span;
  if (kind === "start") start = Math.min(snapped(sec, event), end - shortest);
  else if (kind === "end") end = Math.max(snapped(sec, event), start + shortest);
  else {
    const by = sec - toSec(drag.x - $("sheet").getBoundingClientRect().left);
    start = clamp(snapped(start + by, event), limits[0], Math.max(limits[0], limits[1] - (end - start)));
    end = Math.min(start + span.end - span.start, Math.max(limits[1], start + shortest));
  }
  drag.changes = { start: toMs(start), end: toMs(end) };
  preview = { lane: drag.lane, hides: span, span: { ...span, ...drag.changes }, row: drag.row };
  video.pause();
  seek(kind === "end" ? end : start, { follow: false });
}

// A drag beyond the visible part goes further.
function scrollAtEnds(event) {
  const box = $("scroll").getBoundingClientRect();
  if (event.clientX > box.right - 16) $("scroll").scrollLeft += 24;
  else if (event.clientX < box.left + left() + 8 && zoom > 1) $("scroll").scrollLeft -= 24;
}

function endDrag(event) {
  if (!drag) return;
  const done = drag;
  preview = drag = null;
  count(done.isFar ? "drags" : "clicks");
  if (!done.isFar) pressLane(done, event);
  else if (done.kind === "range") finishRange(done);
  else if (done.changes) finishSpan(done);
  render();
}

function finishRange({ lane, range, isRangeOnly }) {
  if (range[1] - range[0] < frameSec() / 2) return select({ lane });
  if (activeClass === null || isRangeOnly) return select({ lane, range });
  select({ lane });
  return putLabel(lane, { label: activeClass, positive: true }, range);
}

function finishSpan({ span, changes, kind }) {
  const { doc, span: next } = replaceSpan(session.doc, span, changes);
  edit(kind === "move" ? `move ${nameOf(span)}` : `change the ${kind} of ${nameOf(span)}`, doc);
  select({ lane: span.track, span: next });
}

function pressLane({ kind, lane, span, ghost }, event) {
  if (kind === "scrub") return null;
  if (ghost) return showGhost(ghost);
  const sec = clamp(secAt(event), 0, lengthSec());
  if (span) {
    select({ lane, span });
    if (timeSec < span.start || timeSec >= span.end) seek(span.start);
    return null;
  }
  select({ lane });
  return seek(toFrame(sec));
}

function pressWho(event, lane) {
  event.preventDefault();
  count("clicks");
  chooseLane(lane, event.shiftKey || event.ctrlKey || event.metaKey);
}

function chooseLane(lane, isSecond) {
  if (isSecond && sel.lane != null && lane !== null && lane !== sel.lane) {
    sel.also = sel.also === lane ? null : lane;
    render();
  } else select({ lane });
}

function cancelDrag() {
  if (!drag) return false;
  preview = drag = null;
  render();
  return true;
}

// The range of a label: a key then gives the same time another class as well.
function selectRangeOf(span) {
  select({ lane: span.track, range: [span.start, Math.min(span.end, lengthSec())] });
}

function turnWheel(event) {
  if (!(event.ctrlKey || event.metaKey) || !session) return;
  event.preventDefault();
  setZoom(zoom * (event.deltaY < 0 ? 1.25 : 0.8), secAt(event));
}

function listenLanes() {
  const sheet = $("sheet");
  sheet.addEventListener("pointerdown", startDrag);
  sheet.addEventListener("pointermove", moveDrag);
  sheet.addEventListener("pointerup", endDrag);
  sheet.addEventListener("pointercancel", cancelDrag);
  sheet.addEventListener("dblclick", (event) => {
    const node = document.elementFromPoint(event.clientX, event.clientY)?.closest(".span");
    if (node && !node.isGhost) selectRangeOf(node.span);
  });
  // Assistive technology clicks without a pointer.
  sheet.addEventListener("click", (event) => {
    const node = event.target.closest(".span"), who = event.target.closest(".who");
    if (event.detail !== 0 || !(node || who)) return;
    const lane = node ? node.span.track : laneOf(event);
    count("clicks");
    if (who) chooseLane(lane, false);
    else if (node.isGhost) showGhost(node.span);
    else pressLane({ kind: "move", lane, span: node.span }, event);
  });
  $("scroll").addEventListener("scroll", () => requestAnimationFrame(drawLanes));
  $("scroll").addEventListener("wheel", turnWheel, { passive: false });
  addEventListener("resize", () => { fitStage(); render(); });
  listenSplitter();
}

// The border between the player and the lanes.
function listenSplitter() {
  const bar = $("splitter");
  const set = (percent) => {
    const value = clamp(Math.round(percent), 15, 75);
    $("app").style.setProperty("--lanes", `${value}%`);
    bar.setAttribute("aria-valuenow", value);
    preference("lanes", value);
    render();
  };
  set(Number(preference("lanes")) || 38);
  bar.addEventListener("pointerdown", (event) => bar.setPointerCapture(event.pointerId));
  bar.addEventListener("pointermove", (event) => {
    if (bar.hasPointerCapture(event.pointerId)) set(100 * (1 - event.clientY / innerHeight));
  });
  bar.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 4, ArrowDown: -4 }[event.key];
    if (!by) return;
    event.stopPropagation();
    event.preventDefault();
    set(Number(bar.getAttribute("aria-valuenow")) + by);
  });
}
