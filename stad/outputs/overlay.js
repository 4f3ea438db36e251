// Boxes and scores that the page carries (see overlay.py), and how they are drawn over the video.
const chunkTexts = new Map(JSON.parse($("chunks").textContent));
const chunks = new Map();
const MAX_OPEN = 12, MAX_LABELS = 3, HOLD_MS = 1000 * data.sample_sec;
const colorsOf = (id) => data.palette[id % data.palette.length];

// Decoded when the video comes there; the last few stay.
function chunkAt(number) {
  if (!chunks.has(number)) {
    if (chunks.size >= MAX_OPEN) chunks.delete(chunks.keys().next().value);
    chunks.set(number, decode(chunkTexts.get(number)));
  }
  return chunks.get(number);
}

function decode(text) {
  const runs = [], scores = new Map();
  if (!text) return { runs, scores };
  const view = new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  let at = 8;
  const read = (kind, size) => { at += size; return view["get" + kind](at - size, true); };
  for (let left = view.getUint32(0, true); left > 0; left--) {
    const run = { id: read("Float64", 8), boxes: [] };
    for (let count = read("Uint16", 2); count > 0; count--) {
      run.boxes.push([read("Uint16", 2), ...[0, 1, 2, 3].map(() => read("Int16", 2))]);
    }
    runs.push(run);
  }
  for (let left = view.getUint32(4, true); left > 0; left--) {
    const id = read("Float64", 8), ms = read("Uint16", 2), own = [];
    for (let count = read("Uint8", 1); count > 0; count--) own.push([read("Uint16", 2), read("Uint8", 1) / 255]);
    if (!scores.has(id)) scores.set(id, []);
    scores.get(id).push([ms, own]);
  }
  return { runs, scores };
}

// Actor id -> [x1, y1, x2, y2] in pixels of the source.
function boxesAt(sec) {
  const number = Math.floor(sec / data.chunk_sec), ms = (sec - number * data.chunk_sec) * 1000;
  const found = new Map();
  for (const { id, boxes } of chunkAt(number).runs) {
    const last = boxes[boxes.length - 1];
    if (ms < boxes[0][0] - 1 || ms > last[0] + HOLD_MS) continue;
    let right = boxes.findIndex(([time]) => time >= ms);
    if (right < 0) right = boxes.length - 1;
    const after = boxes[right], before = boxes[Math.max(right - 1, 0)];
    const part = after[0] > before[0] ? Math.min(Math.max((ms - before[0]) / (after[0] - before[0]), 0), 1) : 1;
    found.set(id, [1, 2, 3, 4].map((k) => before[k] + part * (after[k] - before[k])));
  }
  return found;
}

// The scores [class, score] of an actor at the nearest keyframe, none further off than a stride.
function scoresAt(id, sec) {
  const reach = data.stride_sec + 0.001, near = Math.floor(sec / data.chunk_sec);
  const from = Math.max(Math.floor((sec - reach) / data.chunk_sec), near - 3);
  const to = Math.min(Math.floor((sec + reach) / data.chunk_sec), near + 3);
  let best = reach, found = [];
  for (let number = from; number <= to; number++) {
    for (const [ms, own] of chunkAt(number).scores.get(id) ?? []) {
      const away = Math.abs(number * data.chunk_sec + ms / 1000 - sec);
      if (away < best) [best, found] = [away, own];
    }
  }
  return found;
}

// What is drawn at a time: boxes with lines of text, in the order of the ids.
function drawnAt(sec, { minScore, isActorShown, isLabelShown }) {
  return [...boxesAt(sec)].filter(([id]) => isActorShown(id)).sort((a, b) => a[0] - b[0]).map(([id, box]) => {
    const all = scoresAt(id, sec).filter(([, score]) => score >= minScore);
    const own = all.filter(([label]) => isLabelShown(data.class_names[label]));
    const lines = own.slice(0, MAX_LABELS).map(([label, score]) => `${data.class_names[label]} ${score.toFixed(2)}`);
    if (isUnsure(id, sec, all, isLabelShown)) lines.unshift("not sure");
    return { id, box, lines };
  });
}

// Whether a person has scores, but none of the postures is sure enough; not where some of them are left out.
function isUnsure(id, sec, sure, isLabelShown) {
  const postures = data.class_names.slice(0, data.num_exclusive);
  return postures.length > 0 && postures.every(isLabelShown) && scoresAt(id, sec).length > 0 &&
    !sure.some(([label]) => label < postures.length);
}

// The place of the frame in the element, which may be wider or higher.
function frameIn(video) {
  const scale = Math.min(video.offsetWidth / data.video.width, video.offsetHeight / data.video.height);
  const left = (video.offsetWidth - data.video.width * scale) / 2;
  return { scale, left, top: (video.offsetHeight - data.video.height * scale) / 2 };
}

function paint(canvas, video, drawn, selectedId) {
  const sharp = devicePixelRatio || 1, width = video.offsetWidth, height = video.offsetHeight;
  const place = { left: video.offsetLeft, top: video.offsetTop, width, height };
  for (const [key, value] of Object.entries(place)) canvas.style[key] = `${value}px`;
  [canvas.width, canvas.height] = [Math.round(width * sharp), Math.round(height * sharp)];
  const ink = canvas.getContext("2d"), { scale, left, top } = frameIn(video);
  ink.scale(sharp, sharp);
  const at = (box) => [left + box[0] * scale, top + box[1] * scale, left + box[2] * scale, top + box[3] * scale];
  for (const { id, box, lines } of drawn) {
    const [x1, y1, x2, y2] = at(box);
    ink.lineWidth = id === selectedId ? 4 : lines.length ? 2.5 : 1.25;
    ink.strokeStyle = colorsOf(id).color;
    ink.strokeRect(x1, y1, x2 - x1, y2 - y1);
  }
  const taken = [];
  const frame = at([0, 0, data.video.width, data.video.height]);
  for (const { id, box, lines } of drawn) drawLabel(ink, at(box), id, { lines, taken, frame });
}

// The longest beginning of a line that is at most so wide, with an ellipsis if it is not all of it.
function shortened(ink, line, room) {
  if (ink.measureText(line).width <= room) return line;
  let count = line.length;
  while (count > 0 && ink.measureText(`${line.slice(0, count)}…`).width > room) count--;
  return `${line.slice(0, count)}…`;
}

// Above its box, else below, else in it, where no other plate lies; above if they all do. A plate stays inside the frame.
function drawLabel(ink, [x1, y1, x2, y2], id, { lines, taken, frame: [minX, minY, maxX, maxY] }) {
  const size = Math.max(10, Math.min(13, (maxY - minY) / 36, (y2 - y1) / 5)), step = size * 1.25;
  ink.font = `600 ${size}px system-ui, sans-serif`;
  ink.textBaseline = "top";
  const text = [lines.length ? `#${id} ${lines[0]}` : `#${id}`, ...lines.slice(1)]
    .slice(0, Math.max(1, Math.floor((maxY - minY - 3) / step)))
    .map((line) => shortened(ink, line, maxX - minX - 8));
  const wide = Math.max(...text.map((line) => ink.measureText(line).width)) + 8, high = text.length * step + 3;
  const places = [y1 - high, y2, y1].flatMap((top) => [x1, x2 - wide].map((left) =>
    [Math.max(minX, Math.min(left, maxX - wide)), Math.max(minY, Math.min(top, maxY - high))]));
  const isFree = ([left, top]) => taken.every(([l, t, r, b]) =>
    left >= r || left + wide <= l || top >= b || top + high <= t);
  const [left, top] = places.find(isFree) ?? places[0];
  taken.push([left, top, left + wide, top + high]);
  const { color, text: letters } = colorsOf(id);
  ink.globalAlpha = 0.88;
  ink.fillStyle = color;
  ink.fillRect(left, top, wide, high);
  ink.globalAlpha = 1;
  ink.fillStyle = letters;
  text.forEach((line, row) => ink.fillText(line, left + 4, top + 2 + row * step));
}
