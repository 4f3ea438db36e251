// What is done to actors: split, join, delete, and copy their labels.
const MAX_CHOICES = 9;

const chosenActor = () => {
  if (sel.lane != null) return sel.lane;
  notice("Select an actor first: click its box in the video, or its lane.");
  return null;
};

function split() {
  const id = chosenActor();
  if (id === null) return;
  const newId = freeId(session.doc), next = splitTrack(session.doc, id, toFrame(timeSec), newId);
  if (!next) {
    notice(`#${id} cannot be split here: move the playhead to where it is there before and after.`);
    return;
  }
  edit(`split #${id}`, next);
  select({ lane: newId });
  showLane(newId);
  notice(`#${id} was split at ${clock(timeSec, 2)}: from here on it is #${newId}.`, { action: { text: "Undo", run: undo } });
}

function removeActor() {
  const id = chosenActor();
  if (id === null) return;
  const ids = laneIds(), next = ids[ids.indexOf(id) + 1] ?? ids[ids.indexOf(id) - 1];
  const count = spansOf(session.doc, id).length;
  edit(`delete #${id}`, removeTrack(session.doc, id));
  select({ lane: next });
  notice(`#${id} was deleted${count ? `, with ${plural(count, "label", "labels")}` : ""}.`, { action: { text: "Undo", run: undo } });
}

function copyToNext() {
  const id = chosenActor();
  if (id === null) return;
  const ids = laneIds(), next = ids[ids.indexOf(id) + 1];
  if (next === undefined) { notice(`There is no actor after #${id}.`); return; }
  if (!spansOf(session.doc, id).length) { notice(`#${id} has no label to copy.`); return; }
  const doc = copyLabels(session.doc, id, next, limitsOf(next));
  if (!doc) { notice(`#${next} is not there when #${id} has labels: nothing was copied.`); return; }
  edit(`copy labels of #${id} to #${next}`, doc);
  select({ lane: next });
  showLane(next);
  notice(`Labels of #${id} were copied to #${next}, as far as it is there.`);
}

// Seconds between two actors; below 0 if both are there at once.
function betweenSec(first, second) {
  const both = overlapOf(first, second);
  if (both > 0) return -both;
  return Math.max(0, startOf(second) - endOf(first), startOf(first) - endOf(second));
}

// How far one actor goes from its last box to the first one of the other, in heights of the boxes.
function heightsBetween(first, second) {
  const [one, other] = startOf(first) <= startOf(second) ? [first, second] : [second, first];
  const [a, b] = [boxOf(one.boxes, one.times.length - 1), boxOf(other.boxes, 0)];
  return Math.hypot((a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2) / Math.max(1, (a[3] - a[1] + b[3] - b[1]) / 2);
}

// With the second selected actor, or one that is chosen from those that are nearest in time and place.
async function join() {
  const id = chosenActor();
  if (id === null) return;
  let other = sel.also;
  if (other === null) {
    const one = session, own = trackIn(one.doc, id);
    const near = one.doc.tracks.filter((track) => track.id !== id)
      .map((track) => [track, betweenSec(own, track), heightsBetween(own, track)]).filter(([, sec]) => sec >= -MAX_OVERLAP_SEC)
      .sort((a, b) => Math.abs(a[1]) + a[2] - Math.abs(b[1]) - b[2]).slice(0, MAX_CHOICES);
    if (!near.length) { notice(`No actor can be joined with #${id}: all others are there at the same time.`); return; }
    const answer = await choose(`Join #${id} with`, ["Both become one actor, with the labels of both."], near.map(([track, sec, heights]) =>
      [String(track.id), `#${track.id}: ${clock(startOf(track))} to ${clock(endOf(track))}, ` +
        (sec < 0 ? `${(-sec).toFixed(1)} s at once` : `${sec.toFixed(1)} s apart`) + (heights < 1 ? ", near by" : ", elsewhere")]));
    if (answer === null || one !== session) return;
    other = Number(answer);
  }
  joinBoth(id, other);
}

function joinBoth(id, other) {
  const both = overlapOf(trackIn(session.doc, id), trackIn(session.doc, other));
  if (both > MAX_OVERLAP_SEC) {
    notice(`#${id} and #${other} are both there for ${both.toFixed(1)} s: they cannot be one actor. Split one of them first.`,
      { isWarning: true });
    return;
  }
  const joined = joinTracks(session.doc, id, other);
  edit(`join #${joined.goneId} to #${joined.id}`, joined.doc);
  select({ lane: joined.id });
  showLane(joined.id);
  notice(`#${joined.goneId} is part of #${joined.id} now, with its labels${both > 0
    ? `; where both were there, the boxes of #${joined.id} were kept` : ""}.`, { action: { text: "Undo", run: undo } });
}
