// Boxes and scores that the page carries (see overlay.py), and what of them is shown when.
const chunkTexts = new Map(JSON.parse($("chunks").textContent));
const chunks = new Map();
const MAX_OPEN = 12, MAX_LABELS = 3, HOLD_MS = 1000 * data.sample_sec;

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
    return { id, box, lines, colors: data.palette[id % data.palette.length] };
  });
}

// Whether a person has scores, but none of the postures is sure enough; not where some of them are left out.
function isUnsure(id, sec, sure, isLabelShown) {
  const postures = data.class_names.slice(0, data.num_exclusive);
  return postures.length > 0 && postures.every(isLabelShown) && scoresAt(id, sec).length > 0 &&
    !sure.some(([label]) => label < postures.length);
}
