// A box for an actor that was not found: drawn by the mouse or moved by keys, then followed through the video.
const FIRST_BOX = [0.4, 0.25, 0.6, 0.75], KEY_STEP = 0.02, MIN_BOX_PX = 4;
let drawing = null;

function toggleDrawing() {
  if (!session) return;
  if (drawing) return stopDrawing();
  const { width, height } = sizeOfVideo();
  video.pause();
  drawing = { box: FIRST_BOX.map((part, side) => part * (side % 2 ? height : width)), from: null };
  showDrawing();
}

function stopDrawing() {
  drawing = null;
  showDrawing();
}

function showDrawing() {
  $("stage").classList.toggle("drawing", Boolean(drawing));
  paintStage();
  render();
}

function paintDrawing({ width, height }) {
  if (!drawing) return;
  const { scale, left: x, top: y } = frameIn(video, { width, height }), ink = $("canvas").getContext("2d");
  const [x1, y1, x2, y2] = drawing.box.map((side, at) => (at % 2 ? y : x) + side * scale);
  for (const [color, dash, wide] of [["#000", [], 4], ["#fff", [6, 4], 2]]) {
    Object.assign(ink, { strokeStyle: color, lineWidth: wide });
    ink.setLineDash(dash);
    ink.strokeRect(x1, y1, x2 - x1, y2 - y1);
  }
}

function boxFrom([x1, y1], [x2, y2]) {
  const { width, height } = sizeOfVideo();
  const xs = [x1, x2].map((x) => clamp(x, 0, width)).sort((a, b) => a - b);
  const ys = [y1, y2].map((y) => clamp(y, 0, height)).sort((a, b) => a - b);
  return [xs[0], ys[0], xs[1], ys[1]];
}

function onDrawPointer(event) {
  if (!drawing) return;
  const place = toSource(event);
  if (event.type === "pointerdown" && !event.button) {
    event.preventDefault();
    drawing.from = place;
    $("stage").setPointerCapture(event.pointerId);
  } else if (drawing.from && event.type === "pointermove") {
    drawing.box = boxFrom(drawing.from, place);
    paintStage();
  } else if (drawing.from && event.type === "pointerup") {
    count("drags");
    const box = boxFrom(drawing.from, place);
    drawing.from = null;
    if (box[2] - box[0] >= MIN_BOX_PX && box[3] - box[1] >= MIN_BOX_PX) {
      drawing.box = box;
      takeBox();
    }
  }
}

// The keys of drawing; true if the key was one of them.
function onDrawKey(event) {
  const { width, height } = sizeOfVideo(), step = KEY_STEP * Math.max(width, height);
  const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
  if (event.key === "Enter") takeBox();
  else if (event.key === "Escape") stopDrawing();
  else if (by) {
    const [x1, y1, x2, y2] = drawing.box;
    const [x, y] = event.shiftKey ? [0, 0] : [clamp(by[0], -x1, width - x2), clamp(by[1], -y1, height - y2)];
    drawing.box = [x1 + x, y1 + y, x2 + x, y2 + y];
    if (event.shiftKey) {
      drawing.box[2] = clamp(x2 + by[0], x1 + MIN_BOX_PX, width);
      drawing.box[3] = clamp(y2 + by[1], y1 + MIN_BOX_PX, height);
    }
    paintStage();
  } else return false;
  return true;
}

async function takeBox() {
  const one = session, box = drawing.box.map((side) => Math.round(side * 10) / 10), sec = toMs(timeSec);
  stopDrawing();
  notice("The actor is being followed through the video. You can continue meanwhile.", { lasts: 0 });
  try {
    const { status, content } = await ask("POST", "track", { video: one.video, body: { time_sec: sec, box }, timeoutMs: 600000 });
    if (status !== 200) return notice(`The actor was not followed: ${content.error}`, { isWarning: true, lasts: 0 });
    addTrack(one, content.track);
  } catch {
    return notice("The actor was not followed: the server does not answer. Draw the box again later.", { isWarning: true, lasts: 0 });
  }
  return null;
}

function addTrack(one, content) {
  const track = trackFromJson(content);
  // The server does not know the ids of labels that are not saved yet.
  if (trackIn(one.doc, track.id)) track.id = freeId(one.doc);
  if (one === session) select({ lane: track.id });
  edit(`draw actor #${track.id}`, withTracks(one.doc, [...one.doc.tracks, track], one.doc.spans), one);
  notice(`Actor #${track.id} is there from ${clock(startOf(track))} to ${clock(endOf(track))}` +
    `${one === session ? "." : ` in ${one.video}.`}`);
  if (one === session) showLane(track.id);
}

function listenDrawing() {
  for (const kind of ["pointerdown", "pointermove", "pointerup"]) $("stage").addEventListener(kind, onDrawPointer);
}
