// The timeline page: draws segments, filters them, and keeps them in step with the video.
const { actors, labels } = data;
// A score that is not known counts as 0.
const segments = data.segments.map(([actor, label, start, end, score], index) =>
  ({ actor, label, start, end, score: score ?? 0, isKnown: score !== null, index, lane: 0 }));
const LANE = 24, PAD = 4, RULER = 26, PAGE = 200;
const firstSec = data.first_sec;
const lengthSec = data.video.fps > 0 ? data.num_frames / data.video.fps : 0;
const lastSec = segments.reduce((last, s) => Math.max(last, s.end), firstSec + Math.max(lengthSec, 0.1));
let shown = [], rows = [], selected = -1, zoom = 1, limit = PAGE, timeSec = firstSec;
let sort = { key: "start", up: true };

const scoreText = (s) => (s.isKnown ? s.score.toFixed(2) : "?");
const says = (s) => `${actors[s.actor].name} ${labels[s.label].name}, ${clock(s.start)} to ${clock(s.end)}, ` +
  `score ${scoreText(s)}`;

function fillHeader() {
  document.title = `${data.video.name} · timeline`;
  $("name").textContent = data.video.name;
  const facts = { model: data.model, detector: data.detector, size: `${data.video.width}×${data.video.height}`,
    length: clock(data.video.duration_sec || lengthSec), actors: actors.length, segments: segments.length,
    threshold: data.threshold };
  for (const [name, value] of Object.entries(facts)) {
    const pair = make("div");
    pair.append(make("dt", {}, name), make("dd", {}, String(value)));
    $("facts").append(pair);
  }
  $("partial").hidden = data.complete;
  $("threshold").textContent = data.threshold;
  $("nothing").hidden = segments.length > 0;
  $("board").hidden = $("list").hidden = segments.length === 0;
}

function fillLabels() {
  labels.forEach((label, place) => {
    const count = segments.filter((s) => s.label === place).length;
    const box = make("label"), tick = make("input", { type: "checkbox", value: place });
    tick.checked = true;
    box.append(tick, make("i", { style: `background:${label.color}` }), make("span", {}, label.name),
      make("small", {}, count));
    $("labels").append(box);
  });
}

function parseActors(text) {
  const wanted = [];
  for (const [, from, to] of text.matchAll(/(\d+)(?:\s*-\s*#?(\d+))?/g)) wanted.push([+from, +(to ?? from)]);
  return wanted.length ? (id) => wanted.some(([from, to]) => from <= id && id <= to) : () => true;
}

function filter() {
  const words = $("find").value.toLowerCase().split(",").map((word) => word.trim()).filter(Boolean);
  const isWanted = parseActors($("who").value), minScore = Number($("score").value);
  const ticks = [...$("labels").querySelectorAll("input")].map((tick) => tick.checked);
  const isFound = (name) => !words.length || words.some((word) => name.toLowerCase().includes(word));
  const open = labels.map((label, place) => ticks[place] && isFound(label.name));
  const closed = new Set(labels.filter((label, place) => !ticks[place]).map((label) => label.name));
  shows = { isActorShown: isWanted, isLabelShown: (name) => isFound(name) && !closed.has(name) };
  $("scoreout").textContent = minScore.toFixed(2);
  shown = segments.filter((s) => open[s.label] && s.score >= minScore && isWanted(actors[s.actor].id));
  limit = PAGE;
  layOut();
  draw();
  fillTable();
  tellNow();
  paintBoxes();
}

// Overlapping segments of an actor go to lanes of their own; a label keeps its lane where it can.
function layOut() {
  const byActor = new Map();
  for (const s of shown) {
    if (!byActor.has(s.actor)) byActor.set(s.actor, []);
    byActor.get(s.actor).push(s);
  }
  rows = [];
  let top = RULER;
  for (const actor of [...byActor.keys()].sort((a, b) => a - b)) {
    const ends = [], laneOf = new Map(), own = byActor.get(actor);
    for (const s of own) {
      let lane = laneOf.get(s.label) ?? -1;
      if (lane < 0 || ends[lane] > s.start) lane = ends.findIndex((end) => end <= s.start);
      if (lane < 0) lane = ends.length;
      ends[lane] = s.end;
      laneOf.set(s.label, lane);
      s.lane = lane;
    }
    const height = ends.length * LANE + 2 * PAD;
    rows.push({ actor, own, top, height, odd: rows.length % 2 });
    top += height;
  }
  $("sheet").style.height = `${top}px`;
  $("filtered").hidden = rows.length > 0;
  $("scroll").hidden = rows.length === 0;
}

const left = () => (innerWidth <= 600 ? 46 : 62);
const trackWidth = () => Math.max(50, $("scroll").clientWidth - left() - 8) * zoom;
const toX = (sec) => left() + (sec - firstSec) / (lastSec - firstSec) * trackWidth();
const toSec = (x) => firstSec + (x - left()) / trackWidth() * (lastSec - firstSec);

// Only the rows and segments in view are in the page: hours of hundreds of actors stay light.
function draw() {
  const box = $("scroll"), from = box.scrollLeft - 200, to = box.scrollLeft + box.clientWidth + 200;
  $("sheet").style.width = `${left() + trackWidth() + 8}px`;
  const focused = document.activeElement.closest(".seg")?.dataset.index;
  const parts = rows.filter((row) => row.top + row.height > box.scrollTop - 200 &&
    row.top < box.scrollTop + box.clientHeight + 400).map((row) => drawRow(row, from, to));
  $("rows").replaceChildren(...parts);
  // One stop for the tab key; the arrows go on from there.
  const stop = $("rows").querySelector(".seg.on") ?? $("rows").querySelector(".seg");
  stop?.setAttribute("tabindex", 0);
  if (focused !== undefined) $("rows").querySelector(`[data-index="${focused}"]`)?.focus({ preventScroll: true });
  drawRuler(Math.max(firstSec, toSec(from)), Math.min(lastSec, toSec(to)));
  moveHead();
}

function drawRow(row, from, to) {
  const actor = actors[row.actor];
  const node = make("div", { class: row.odd ? "row odd" : "row", style: `top:${row.top}px;height:${row.height}px`,
    role: "group", "aria-label": `actor ${actor.name}` });
  const who = make("div", { class: "who" });
  who.append(make("span", { class: "chip", style: `background:${actor.color};color:${actor.text}` }, actor.name));
  node.append(who);
  for (const s of row.own) {
    const x = toX(s.start), width = Math.max(3, toX(s.end) - x - 1);
    if (x + width < from || x > to) continue;
    const { name, color, text } = labels[s.label];
    const bar = make("div", { class: s.index === selected ? "seg on" : "seg", role: "button", tabindex: -1,
      "data-index": s.index, "aria-label": says(s),
      style: `left:${x}px;width:${width}px;top:${PAD + 2 + s.lane * LANE}px;background:${color};color:${text}` });
    if (width > 24) bar.append(make("span", {}, name));
    else bar.style.padding = 0;
    node.append(bar);
  }
  return node;
}

function drawRuler(from, to) {
  const perSec = trackWidth() / (lastSec - firstSec);
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((value) => value * perSec >= 64) ?? 7200;
  const marks = [];
  for (let n = Math.ceil(from / step); n * step <= to && toX(n * step) < toX(lastSec) - 30; n++) {
    marks.push(make("span", { style: `left:${toX(n * step)}px` }, clock(n * step, step < 1 ? 1 : 0)));
  }
  $("ruler").replaceChildren(...marks);
}

function moveHead() {
  $("head").style.left = `${toX(timeSec)}px`;
}

function tellNow() {
  const active = shown.filter((s) => s.start <= timeSec && timeSec < s.end);
  const people = new Map();
  for (const s of active) people.set(s.actor, [...(people.get(s.actor) ?? []), labels[s.label].name]);
  const parts = [...people].slice(0, 6).map(([actor, names]) => `${actors[actor].name} ${names.join(", ")}`);
  if (people.size > 6) parts.push(`and ${people.size - 6} more`);
  $("now").replaceChildren(make("b", {}, clock(timeSec)), ` ${parts.join(" · ")}`);
}

function setTime(sec, { follow = true } = {}) {
  timeSec = Math.min(Math.max(sec, firstSec), lastSec);
  moveHead();
  tellNow();
  paintBoxes();
  const box = $("scroll"), x = toX(timeSec);
  if (follow && zoom > 1 && (x < box.scrollLeft + left() || x > box.scrollLeft + box.clientWidth - 20)) {
    box.scrollLeft = x - left() - 40;
  }
}

function seek(sec) {
  setTime(sec);
  if (playing) video.currentTime = Math.max(0, timeSec - playing.start_sec);
}

function select(s, { focus = false } = {}) {
  selected = s.index;
  const row = rows.find((candidate) => candidate.actor === s.actor), box = $("scroll");
  if (row && (row.top < box.scrollTop + RULER || row.top + row.height > box.scrollTop + box.clientHeight)) {
    box.scrollTop = row.top - RULER - 20;
  }
  seek(s.start);
  draw();
  for (const line of $("body").rows) line.classList.toggle("on", +line.dataset.index === selected);
  if (focus) $("rows").querySelector(`[data-index="${s.index}"]`)?.focus({ preventScroll: true });
}

// From the selected segment if the video still stands there, else from where the video is.
function step(by) {
  if (!shown.length) return;
  let at = shown.findIndex((s) => s.index === selected && Math.abs(s.start - timeSec) < 0.05);
  if (at >= 0) at += by;
  else if (by > 0) at = shown.findIndex((s) => s.start >= timeSec);
  else at = shown.findLastIndex((s) => s.start < timeSec);
  if (at < 0) at = by > 0 ? shown.length - 1 : 0;
  select(shown[Math.min(at, shown.length - 1)], { focus: true });
}

const columns = {
  actor: ["actor", (s) => actors[s.actor].id, (s) => actors[s.actor].name],
  label: ["action", (s) => labels[s.label].name, (s) => labels[s.label].name],
  start: ["from", (s) => s.start, (s) => clock(s.start)],
  end: ["to", (s) => s.end, (s) => clock(s.end)],
  score: ["score", (s) => s.score, scoreText],
};

function fillTable() {
  $("heads").replaceChildren(...Object.entries(columns).map(([key, [title]]) => {
    const own = sort.key === key;
    const cell = make("th", { scope: "col", "aria-sort": own ? (sort.up ? "ascending" : "descending") : "none" });
    cell.append(make("button", { type: "button", "data-key": key }, title + (own ? (sort.up ? " ▲" : " ▼") : "")));
    return cell;
  }));
  const value = columns[sort.key][1], sign = sort.up ? 1 : -1;
  const order = [...shown].sort((a, b) => sign * (value(a) > value(b) ? 1 : value(a) < value(b) ? -1 : 0) ||
    a.index - b.index);
  $("body").replaceChildren(...order.slice(0, limit).map((s) => {
    const line = make("tr", { tabindex: 0, "data-index": s.index, class: s.index === selected ? "on" : "" });
    for (const [, , show] of Object.values(columns)) line.append(make("td", {}, show(s)));
    return line;
  }));
  const people = new Set(shown.map((s) => s.actor)).size;
  $("count").textContent = `${plural(shown.length, "segment", "segments")} of ${plural(people, "actor", "actors")}` +
    (shown.length < segments.length ? ` (of ${segments.length} in all)` : "");
  $("morebox").hidden = order.length <= limit;
}

function showTip(event) {
  const bar = event.target.closest?.(".seg"), tip = $("tip");
  tip.hidden = !bar;
  if (!bar) return;
  tip.textContent = bar.getAttribute("aria-label");
  const box = bar.getBoundingClientRect(), x = event.clientX || box.left;
  tip.style.left = `${Math.max(4, Math.min(x, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${box.top > 44 ? box.top - tip.offsetHeight - 6 : box.bottom + 6}px`;
}

function setZoom(value) {
  const box = $("scroll"), anchor = toX(timeSec) - box.scrollLeft;
  const isInView = anchor >= left() && anchor <= box.clientWidth;
  zoom = Math.min(Math.max(value, 1), Math.max(1, (lastSec - firstSec) / 4));
  $("sheet").style.width = `${left() + trackWidth() + 8}px`;
  box.scrollLeft = toX(timeSec) - (isInView ? anchor : box.clientWidth / 2);
  draw();
}

// From a segment to the next one of its actor, or to the nearest one of the actor above or below.
function move(s, key) {
  const place = rows.findIndex((row) => row.actor === s.actor), along = { ArrowLeft: -1, ArrowRight: 1 }[key];
  const row = rows[along ? place : place + (key === "ArrowUp" ? -1 : 1)];
  if (!row) return;
  const away = (other) => Math.max(other.start - timeSec, timeSec - other.end, 0);
  const next = along ? row.own[row.own.indexOf(s) + along]
    : row.own.reduce((best, other) => (away(other) < away(best) ? other : best));
  if (next) select(next, { focus: true });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (event.key === "Enter" && target.dataset?.index) return select(segments[+target.dataset.index]);
  if (target.closest?.("input, button, select, a")) return;
  if (event.key.startsWith("Arrow") && target.closest?.(".seg")) {
    event.preventDefault();
    return move(segments[+target.dataset.index], event.key);
  }
  const actions = { " ": () => playing && (video.paused ? video.play() : video.pause()),
    b: () => playing && $("boxes").click(),
    ArrowLeft: () => seek(timeSec - 1), ArrowRight: () => seek(timeSec + 1), j: () => step(-1), k: () => step(1) };
  if (!actions[event.key] || !segments.length && "jk".includes(event.key)) return;
  event.preventDefault();
  actions[event.key]();
}

function onTrackClick(event) {
  const bar = event.target.closest(".seg");
  if (bar) return select(segments[+bar.dataset.index]);
  if (!event.target.closest(".who")) seek(toSec(event.clientX - $("sheet").getBoundingClientRect().left));
}

function listen() {
  for (const id of ["find", "who", "score", "labels"]) $(id).addEventListener("input", filter);
  $("reset").onclick = () => { resetFilters(); filter(); };
  $("in").onclick = () => setZoom(zoom * 2);
  $("out").onclick = () => setZoom(zoom / 2);
  $("fit").onclick = () => setZoom(1);
  $("more").onclick = () => { limit += 5 * PAGE; fillTable(); };
  $("sheet").addEventListener("click", onTrackClick);
  for (const kind of ["mouseover", "focusin"]) $("sheet").addEventListener(kind, showTip);
  for (const kind of ["mouseleave", "focusout"]) $("sheet").addEventListener(kind, () => { $("tip").hidden = true; });
  $("scroll").addEventListener("scroll", () => { $("tip").hidden = true; requestAnimationFrame(draw); });
  $("body").addEventListener("click", (event) => {
    select(segments[+event.target.closest("tr").dataset.index]);
    $("stage").scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
  $("heads").addEventListener("click", (event) => {
    const key = event.target.dataset.key;
    if (!key) return;
    sort = { key, up: sort.key === key ? !sort.up : key !== "score" };
    fillTable();
    $("heads").querySelector(`[data-key="${key}"]`).focus();
  });
  document.addEventListener("keydown", onKey, true);
  addEventListener("resize", () => { draw(); paintBoxes(); });
}

function resetFilters() {
  $("find").value = $("who").value = "";
  $("score").value = 0;
  for (const tick of $("labels").querySelectorAll("input")) tick.checked = true;
}

// Pages that link here add a time and an actor: #t=12.5&actor=3.
function jump() {
  const wanted = new URLSearchParams(location.hash.slice(1)), sec = Number(wanted.get("t") ?? NaN);
  if (!Number.isFinite(sec)) return;
  const isAt = (s) => String(actors[s.actor].id) === wanted.get("actor") && Math.abs(s.start - sec) < 0.05;
  const at = segments.find(isAt);
  if (at) select(at);
  else seek(sec);
}

fillHeader();
fillLabels();
resetFilters();
openVideo();
listen();
filter();
jump();
addEventListener("hashchange", jump);
