// Boxes of actors over time: { id, origin, times: Float64Array of T, boxes: Float32Array of 4 T }.
const MAX_GAP_SEC = 1, MAX_OVERLAP_SEC = 1;
const presences = new WeakMap();

function trackFromJson(one) {
  const times = Float64Array.from(one.boxes, (row) => row[0]), boxes = new Float32Array(4 * times.length);
  one.boxes.forEach((row, at) => boxes.set(row.slice(1), 4 * at));
  return { id: one.id, origin: one.origin, times, boxes };
}

function trackToJson({ id, origin, times, boxes }) {
  const tenth = (value) => Math.round(value * 10) / 10;
  return { id, origin, boxes: Array.from(times, (sec, at) => [toMs(sec), ...[...boxOf(boxes, at)].map(tenth)]) };
}

const boxOf = (boxes, at) => boxes.subarray(4 * at, 4 * at + 4);
const startOf = (track) => track.times[0], endOf = (track) => track.times[track.times.length - 1];

// The first place whose time is not before sec.
function placeAt(times, sec) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < sec) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The box at a time, or null where the actor is not there.
function boxAt(track, sec, holdSec = 0.1) {
  const { times, boxes } = track, right = placeAt(times, sec);
  if (right === times.length) return sec - times[right - 1] <= holdSec ? boxOf(boxes, right - 1) : null;
  if (times[right] === sec || right === 0) return times[right] - sec <= 0.001 ? boxOf(boxes, right) : null;
  const gap = times[right] - times[right - 1], part = (sec - times[right - 1]) / gap;
  if (gap > MAX_GAP_SEC) return sec - times[right - 1] <= holdSec ? boxOf(boxes, right - 1) : null;
  const before = boxOf(boxes, right - 1), after = boxOf(boxes, right);
  return Float32Array.from(before, (side, k) => side + part * (after[k] - side));
}

// When the actor is there: [[start, end]...], without pauses of up to a second.
function presenceOf(track) {
  if (!presences.has(track)) {
    const found = [[track.times[0], track.times[0]]];
    for (const sec of track.times) {
      const last = found[found.length - 1];
      if (sec - last[1] > MAX_GAP_SEC) found.push([sec, sec]);
      else last[1] = sec;
    }
    presences.set(track, found);
  }
  return presences.get(track);
}

// Rows [time, x1, y1, x2, y2] as a track.
function trackOf(id, origin, rows) {
  return trackFromJson({ id, origin, boxes: rows });
}

const rowsOf = (track) => Array.from(track.times, (sec, at) => [sec, ...boxOf(track.boxes, at)]);
const trackIn = (doc, id) => doc.tracks.find((track) => track.id === id);
const freeId = (doc) => Math.max(-1, ...doc.tracks.map((track) => track.id)) + 1;

function withTracks(doc, tracks, spans) {
  return { ...doc, tracks: [...tracks].sort((a, b) => a.id - b.id), spans: inOrder(spans) };
}

// From sec on the actor is another one; null if there is nothing before or after. The new actor has the next free id.
function splitTrack(doc, id, sec, newId) {
  const track = trackIn(doc, id), rows = rowsOf(track), box = boxAt(track, sec, 0);
  const before = rows.filter((row) => row[0] < sec - TINY_SEC), after = rows.filter((row) => row[0] >= sec - TINY_SEC);
  if (!before.length || !after.length) return null;
  if (box && after[0][0] > sec + 0.002) {
    after.unshift([toMs(sec), ...box]);
    if (before[before.length - 1][0] < sec - 0.002) before.push([toMs(sec) - 0.001, ...box]);
  }
  const spans = doc.spans.flatMap((span) => {
    if (span.track !== id || span.end <= sec + TINY_SEC) return [span];
    if (span.start >= sec - TINY_SEC) return [{ ...span, track: newId }];
    return [{ ...span, end: toMs(sec) }, { ...span, track: newId, start: toMs(sec) }]
      .filter((one) => one.end - one.start >= MIN_SEC);
  });
  const others = doc.tracks.filter((one) => one.id !== id);
  return withTracks(doc, [...others, trackOf(id, track.origin, before), trackOf(newId, track.origin, after)], spans);
}

// Seconds in which both actors are there.
function overlapOf(first, second) {
  let sum = 0;
  for (const [a, b] of presenceOf(first)) {
    for (const [c, d] of presenceOf(second)) sum += Math.max(0, Math.min(b, d) - Math.max(a, c));
  }
  return sum;
}

// The actor that is there first keeps its id, and its boxes where both have some; labels of both stay.
function joinTracks(doc, firstId, secondId) {
  let [first, second] = [trackIn(doc, firstId), trackIn(doc, secondId)];
  if (startOf(second) < startOf(first)) [first, second] = [second, first];
  const taken = presenceOf(first);
  const rows = rowsOf(second).filter(([sec]) => taken.every(([start, end]) => sec < start - TINY_SEC || sec > end + TINY_SEC));
  const all = [...rowsOf(first), ...rows].sort((a, b) => a[0] - b[0]);
  const joined = trackOf(first.id, first.origin, all);
  let next = withTracks(doc, [...doc.tracks.filter((one) => one !== first && one !== second), joined],
    doc.spans.filter((span) => span.track !== second.id));
  for (const span of spansOf(doc, second.id)) {
    next = putSpan(next, { ...span, track: first.id }, span.start, span.end).doc;
  }
  return { doc: next, id: first.id, goneId: second.id };
}

const removeTrack = (doc, id) =>
  withTracks(doc, doc.tracks.filter((track) => track.id !== id), doc.spans.filter((span) => span.track !== id));

// Gives the labels of one lane to another, where both are there; null if nothing is left.
function copyLabels(doc, from, to, [start, end]) {
  let next = doc;
  for (const span of spansOf(doc, from)) {
    const [first, last] = [Math.max(span.start, start), Math.min(span.end, end)];
    if (last - first >= MIN_SEC) next = putSpan(next, { ...span, track: to }, first, last).doc;
  }
  return next === doc ? null : next;
}

// Their tracks, each as the same object as mine if it has the same boxes: what did not change is not sent.
function sameObjects(tracks, known) {
  const by = new Map(known.map((track) => [track.id, track]));
  const isNear = (a, b, limit) => a.length === b.length && a.every((value, at) => Math.abs(value - b[at]) < limit);
  return tracks.map((track) => {
    const mine = by.get(track.id);
    return mine?.origin === track.origin && isNear(track.times, mine.times, 0.0015) &&
      isNear(track.boxes, mine.boxes, 0.06) ? mine : track;
  });
}
