// The player: time, speed, frame steps, and the boxes that are drawn over the video and clicked.
const video = $("video");
const SPEEDS = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4];
// A little after the start of a frame, so that rounding does not show the one before.
const INSIDE_SEC = 0.001;
let timeSec = 0, wantedSec = null, stopSec = null, lastHit = null;

function showVideo() {
  timeSec = 0;
  wantedSec = stopSec = null;
  video.pause();
  $("stagenote").hidden = false;
  $("stagenote").textContent = "The video is being loaded…";
  loadVideo();
  fitStage();
}

function loadVideo() {
  video.loop = isClipMode;
  video.src = withToken(session.media);
  video.playbackRate = video.defaultPlaybackRate = Number($("speed").value) || 1;
  if (isClipMode) video.play().catch(() => {});
}

function fitStage() {
  const { width, height } = sizeOfVideo(), room = $("stage").parentElement;
  const high = room.clientHeight - $("stage").nextElementSibling.offsetHeight - 8;
  const scale = Math.min(room.clientWidth / width, high / height);
  $("stage").style.width = `${Math.max(80, Math.floor(width * scale))}px`;
  $("stage").style.height = `${Math.max(60, Math.floor(height * scale))}px`;
  paintStage();
}

const sizeOfVideo = () => ({ width: session?.width || video.videoWidth || 640, height: session?.height || video.videoHeight || 360 });

function setTime(sec) {
  timeSec = clamp(sec, 0, durationOf(session) || sec);
  $("time").textContent = clock(timeSec, 2);
  moveHead();
  paintStage();
}

// Goes to a time; while the player is still going to the one before, only the last wish counts.
function seek(sec, { follow = true } = {}) {
  if (!session) return;
  stopSec = null;
  setTime(sec);
  if (follow) followHead();
  if (video.seeking) wantedSec = timeSec;
  else video.currentTime = timeSec + INSIDE_SEC;
}

const frameAt = (sec) => Math.floor(sec / frameSec() + 0.01);
const toFrame = (sec) => toMs(Math.round(sec / frameSec()) * frameSec());

function stepFrames(by) {
  video.pause();
  seek((frameAt(timeSec) + by) * frameSec());
}

function togglePlay() {
  stopSec = null;
  if (!video.paused) return video.pause();
  if (durationOf(session) && timeSec >= durationOf(session) - 1.5 * frameSec()) seek(0);
  video.play().catch(() => notice("The video cannot be played.", { isWarning: true }));
  return null;
}

// Plays what is selected, once.
function playPart() {
  const part = sel.ghost ?? sel.span, [start, end] = sel.range ?? (part ? [part.start, part.end] : []);
  if (start === undefined) return notice("Select a label or a time range first, to play it.");
  seek(start);
  stopSec = end;
  video.play().catch(() => {});
  return null;
}

function changeSpeed(by) {
  const at = SPEEDS.indexOf(Number($("speed").value));
  setSpeed(SPEEDS[clamp(at + by, 0, SPEEDS.length - 1)]);
}

function setSpeed(value) {
  $("speed").value = value;
  video.playbackRate = video.defaultPlaybackRate = value;
  preference("speed", value);
}

// What is said of an actor at a time, for its plate.
function linesAt(lane, sec) {
  return spansOf(session.doc, lane).filter((span) => span.start <= sec && sec < span.end).map(nameOf);
}

function drawnBoxes() {
  const drawn = [];
  for (const track of session.doc.tracks) {
    const box = boxAt(track, timeSec, frameSec() * 1.5);
    if (box) drawn.push({ id: track.id, box, lines: linesAt(track.id, timeSec), colors: actorColors(track.id) });
  }
  return drawn;
}

function paintStage() {
  if (!session) return;
  const size = sizeOfVideo(), drawn = $("boxes").checked || drawing ? drawnBoxes() : [];
  // The selected actor is drawn last, over the others.
  drawn.sort((a, b) => (a.id === sel.lane) - (b.id === sel.lane));
  const id = sel.lane ?? -1;
  paint($("canvas"), video, drawn, { size, selectedId: id, isDashed: true });
  paintDrawing(size);
}

const toSource = (event) => {
  const { scale, left, top } = frameIn(video, sizeOfVideo()), place = video.getBoundingClientRect();
  return [(event.clientX - place.left - left) / scale, (event.clientY - place.top - top) / scale];
};

// The smallest box under the pointer; clicks at one place go through all that are there.
function hitAt([x, y]) {
  const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
  return drawnBoxes().filter(({ box }) => box[0] <= x && x <= box[2] && box[1] <= y && y <= box[3])
    .sort((a, b) => area(a.box) - area(b.box)).map(({ id }) => id);
}

function clickStage(event) {
  if (drawing || event.button || !session) return;
  count("clicks");
  const place = toSource(event), hits = hitAt(place);
  if (!hits.length) { select({ lane: undefined }); lastHit = null; return; }
  const isAgain = lastHit && Math.hypot(place[0] - lastHit[0], place[1] - lastHit[1]) < 8;
  const next = isAgain ? hits[(hits.indexOf(sel.lane) + 1) % hits.length] : hits[0];
  lastHit = place;
  select({ lane: next });
  showLane(next);
}

function followPlayback(now, frame) {
  if (!video.paused && session) {
    setTime((frame?.mediaTime ?? video.currentTime));
    followHead();
    if (stopSec !== null && timeSec >= stopSec - frameSec() / 2) {
      const end = stopSec;
      video.pause();
      seek(end);
      return;
    }
    waitForFrame();
  }
}

const waitForFrame = () => (video.requestVideoFrameCallback ? video.requestVideoFrameCallback(followPlayback)
  : requestAnimationFrame(followPlayback));

function showPlaying() {
  $("play").textContent = video.paused ? "▶" : "❚❚";
  $("play").setAttribute("aria-label", video.paused ? "play" : "pause");
}

function listenStage() {
  for (const value of SPEEDS) $("speed").append(make("option", { value }, `${value}×`));
  setSpeed(Number(preference("speed")) || 1);
  $("speed").onchange = () => { setSpeed(Number($("speed").value)); $("speed").blur(); };
  $("boxes").onchange = paintStage;
  $("audio").onchange = () => { video.muted = !$("audio").checked; };
  video.addEventListener("play", () => { showPlaying(); waitForFrame(); });
  video.addEventListener("pause", showPlaying);
  video.addEventListener("loadedmetadata", () => {
    $("stagenote").hidden = true;
    $("length").textContent = clock(durationOf(session), 2);
    fitStage();
    render();
    if (timeSec > 0) video.currentTime = timeSec + INSIDE_SEC;
  });
  video.addEventListener("seeked", () => {
    if (wantedSec !== null) [video.currentTime, wantedSec] = [wantedSec + INSIDE_SEC, null];
  });
  video.addEventListener("error", () => session && tellNoVideo());
  $("stage").addEventListener("pointerdown", clickStage);
  $("stage").addEventListener("pointermove", (event) => {
    $("stage").classList.toggle("over", !drawing && Boolean(session) && hitAt(toSource(event)).length > 0);
  });
  new ResizeObserver(fitStage).observe($("stage").parentElement);
}

async function tellNoVideo() {
  const one = session;
  $("stagenote").hidden = false;
  $("stagenote").textContent = "This browser cannot play the video. Labels can still be given over time.";
  try {
    const reply = await fetch(withToken(one.media), { headers: { Range: "bytes=0-0" } });
    const text = reply.ok ? "" : JSON.parse(await reply.text()).error;
    if (text && one === session) $("stagenote").textContent = text;
  } catch { /* The first note stays. */ }
}
