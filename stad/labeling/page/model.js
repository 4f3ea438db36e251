// Labels of a video as values that are never changed in place: { tracks, spans, complete }.
const NOTHING = "", TINY_SEC = 0.0005, MIN_SEC = 0.01;
const toMs = (sec) => Math.round(sec * 1000) / 1000;

const spanFromJson = (one) =>
  ({ track: one.track, label: one.label, start: one.start_sec, end: one.end_sec, positive: one.positive ?? true });
const spanToJson = (span) =>
  ({ track: span.track, label: span.label, start_sec: toMs(span.start), end_sec: toMs(span.end), positive: span.positive });
const keyOf = (span) => JSON.stringify(Object.values(spanToJson(span)));
const isSame = (span, kind) =>
  span.track === kind.track && span.label === kind.label && span.positive === kind.positive;
const isNothing = (span) => span.positive && span.label === NOTHING;
const isIn = (span, start, end) => span.start < end - TINY_SEC && span.end > start + TINY_SEC;
const nameOf = ({ label, positive }) => (label === NOTHING ? "nothing of these" : positive ? label : `not ${label}`);
const laneName = (lane) => (lane === null ? "whole clip" : `#${lane}`);

const inOrder = (spans) => [...spans].sort((a, b) =>
  (a.track ?? -1) - (b.track ?? -1) || a.start - b.start || a.label.localeCompare(b.label));

// The spans, without the part from start to end of those that pass a test.
function cutSpans(spans, isCut, start, end) {
  return spans.flatMap((span) => {
    if (!isCut(span) || !isIn(span, start, end)) return [span];
    return [[span.start, start], [end, span.end]].filter(([from, to]) => to - from >= MIN_SEC)
      .map(([from, to]) => ({ ...span, start: from, end: to }));
  });
}

// Whether a span cannot be true where the other kind of label is.
function contradicts(span, kind) {
  if (span.track !== kind.track) return false;
  if (isNothing(kind)) return !isNothing(span);
  if (kind.positive) return isNothing(span) || (span.label === kind.label && !span.positive);
  return span.label === kind.label && span.positive;
}

// Gives { doc, span }: what contradicts gives way, and equal labels that touch become one.
function putSpan(doc, kind, start, end) {
  let [from, to] = [toMs(start), toMs(end)];
  const kept = [];
  for (const span of cutSpans(doc.spans, (one) => contradicts(one, kind), from, to)) {
    if (isSame(span, kind) && span.start <= to + TINY_SEC && span.end >= from - TINY_SEC) {
      [from, to] = [Math.min(from, span.start), Math.max(to, span.end)];
    } else kept.push(span);
  }
  const { track, label, positive } = kind, span = { track, label, positive, start: from, end: to };
  return { doc: { ...doc, spans: inOrder([...kept, span]) }, span };
}

// The parts from start to end in which no span is, ascending.
function gapsIn(spans, start, end) {
  const gaps = [];
  let at = start;
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.end <= at || span.start >= end) continue;
    if (span.start - at >= MIN_SEC) gaps.push([at, span.start]);
    at = Math.max(at, span.end);
  }
  if (end - at >= MIN_SEC) gaps.push([at, end]);
  return gaps;
}

// Labels what is left between the spans that speak for the opposite.
function fillGaps(doc, kind, start, end) {
  const own = doc.spans.filter((span) => span.track === kind.track && span.positive);
  const against = isNothing(kind) ? own : own.filter((span) => span.label === kind.label);
  return gapsIn(against, start, end).reduce((now, [from, to]) => putSpan(now, kind, from, to).doc, doc);
}

const withoutSpan = (doc, span) => ({ ...doc, spans: doc.spans.filter((one) => one !== span) });

function clearRange(doc, track, start, end) {
  return { ...doc, spans: inOrder(cutSpans(doc.spans, (span) => span.track === track, start, end)) };
}

// A span with other times or another class; gives { doc, span }.
const replaceSpan = (doc, span, changes) => {
  const next = { ...span, ...changes };
  return putSpan(withoutSpan(doc, span), next, next.start, next.end);
};

const spansOf = (doc, lane) => doc.spans.filter((span) => span.track === lane);

// The fraction of a time that has any label.
function labelledPart(spans, [start, end]) {
  const open = gapsIn(spans, start, end).reduce((sum, [from, to]) => sum + to - from, 0);
  return end > start ? 1 - open / (end - start) : 0;
}

// Whether the labels answer a proposal: they say of half of its time that the class is there, or is not.
function isAnswered(doc, ghost) {
  const said = doc.spans.filter((span) =>
    span.track === ghost.track && (span.label === ghost.label || isNothing(span)));
  return labelledPart(said, [ghost.start, ghost.end]) >= 0.5;
}

// Overlapping spans lie under each other; a label keeps its row where it can. Gives the number of rows.
function stackSpans(spans, rowOf) {
  const ends = [], usual = new Map();
  for (const span of spans) {
    const kind = `${span.label} ${span.positive}`;
    let row = usual.get(kind) ?? -1;
    if (row < 0 || ends[row] > span.start + TINY_SEC) row = ends.findIndex((end) => end <= span.start + TINY_SEC);
    if (row < 0) row = ends.length;
    ends[row] = span.end;
    usual.set(kind, row);
    rowOf.set(span, row);
  }
  return ends.length;
}

// Proposals go where a row is free. Gives the number of rows.
function stackGhosts(ghosts, rowOf, count) {
  for (const ghost of ghosts) {
    const taken = new Set([...rowOf.keys()].filter((other) => isIn(other, ghost.start, ghost.end)).map((other) => rowOf.get(other)));
    let row = 0;
    while (taken.has(row)) row++;
    rowOf.set(ghost, row);
    count = Math.max(count, row + 1);
  }
  return count;
}

// What two writers made of the same labels, together; where both changed one track, mine stays.
function mergeDocs(base, mine, theirs) {
  const ids = (doc) => new Map(doc.tracks.map((track) => [track.id, track]));
  const [was, own, other] = [ids(base), ids(mine), ids(theirs)];
  const renamed = new Map();
  let free = Math.max(-1, ...own.keys(), ...other.keys());
  for (const id of own.keys()) if (other.has(id) && !was.has(id)) renamed.set(id, ++free);
  const tracks = theirs.tracks.filter(({ id }) =>
    !was.has(id) || (own.has(id) && own.get(id) === was.get(id)));
  for (const track of mine.tracks) {
    if (track !== was.get(track.id)) tracks.push({ ...track, id: renamed.get(track.id) ?? track.id });
  }
  const keys = (doc) => new Set(doc.spans.map(keyOf));
  const [wasKeys, ownKeys, otherKeys] = [keys(base), keys(mine), keys(theirs)];
  const spans = theirs.spans.filter((span) => ownKeys.has(keyOf(span)) || !wasKeys.has(keyOf(span)));
  for (const span of mine.spans) {
    if (wasKeys.has(keyOf(span)) && !renamed.has(span.track)) continue;
    if (renamed.has(span.track)) spans.push({ ...span, track: renamed.get(span.track) });
    else if (!otherKeys.has(keyOf(span))) spans.push(span);
  }
  const there = new Set(tracks.map((track) => track.id));
  return {
    tracks: tracks.sort((a, b) => a.id - b.id),
    spans: inOrder(spans.filter((span) => span.track === null || there.has(span.track))),
    complete: mine.complete === base.complete ? theirs.complete : mine.complete,
  };
}
