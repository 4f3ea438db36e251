// The player of the timeline page: which video is shown, and the boxes over it.
const video = $("video");
let playing = null, shows = null;

function paintBoxes() {
  if (!playing || !shows || $("stage").hidden) return;
  const minScore = Number($("minscore").value), chosen = segments[selected];
  $("minscoreout").textContent = minScore.toFixed(2);
  $("minscore").disabled = !$("boxes").checked;
  const drawn = $("boxes").checked ? drawnAt(timeSec, { minScore, ...shows }) : [];
  const id = chosen && chosen.start <= timeSec && timeSec < chosen.end ? actors[chosen.actor].id : -1;
  paint($("canvas"), video, drawn, { size: data.video, selectedId: id });
}

// The first video that plays is shown; a clean one goes first, as the page draws the boxes itself.
function openVideo() {
  $("stage").style.setProperty("--aspect", data.video.width / data.video.height);
  $("minscore").value = Math.min(Math.max(data.threshold, 0.05), 1);
  data.videos.forEach((one, place) => {
    const what = one.has_boxes ? "annotated" : "source";
    $("which").append(make("option", { value: place }, `${one.name} (${what})`));
  });
  $("whichbox").hidden = data.videos.length < 2;
  video.addEventListener("error", () => tryNext());
  video.addEventListener("seeked", () => setTime(video.currentTime + playing.start_sec));
  video.addEventListener("loadedmetadata", paintBoxes);
  new ResizeObserver(paintBoxes).observe(video);
  const follow = (now, frame) => {
    if (video.paused) return;
    setTime((frame?.mediaTime ?? video.currentTime) + playing.start_sec);
    next();
  };
  const next = () => (video.requestVideoFrameCallback ? video.requestVideoFrameCallback(follow)
    : requestAnimationFrame(follow));
  video.addEventListener("play", next);
  $("which").onchange = () => show(+$("which").value);
  $("boxes").onchange = $("minscore").oninput = paintBoxes;
  $("full").onclick = () => (document.fullscreenElement ? document.exitFullscreen() : $("stage").requestFullscreen());
  show(0);
}

function show(place) {
  playing = data.videos[place] ?? null;
  $("stage").hidden = $("player").hidden = $("shows").hidden = !playing;
  $("novideo").hidden = Boolean(playing);
  $("novideo").textContent = "No video goes with this page.";
  if (!playing) return;
  $("which").value = place;
  $("boxes").checked = !playing.has_boxes;
  $("shows").textContent = playing.has_boxes
    ? `Shown: ${playing.name}, with boxes drawn in already.`
    : `Shown: ${playing.name}, the source; this page draws the boxes over it.`;
  video.src = playing.href;
  seek(timeSec);
}

function tryNext() {
  const place = data.videos.indexOf(playing), failed = data.videos.slice(0, place + 1).map((one) => one.name).join(", ");
  show(place + 1);
  const why = `${failed} cannot be played: not where it was when this page was written, or of a kind that ` +
    "browsers do not play.";
  if (playing) $("shows").textContent += ` ${why}`;
  else $("novideo").textContent = why;
}
