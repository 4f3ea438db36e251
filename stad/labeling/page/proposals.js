// What the model proposes: dashed labels to accept or to reject, in the order of the server: the most uncertain first.
const GHOST_POLL_MS = 3000;
const ghostCache = { doc: null, ghosts: null, open: [] };
let ghostPlace = 0;

// Those that no label answers yet; undo brings them back.
function openGhosts() {
  if (!session) return [];
  const { doc, ghosts } = session;
  if (ghostCache.doc !== doc || ghostCache.ghosts !== ghosts) {
    const there = (ghost) => ghost.track === null || trackIn(doc, ghost.track);
    Object.assign(ghostCache, { doc, ghosts, open: ghosts.filter((ghost) => there(ghost) && !isAnswered(doc, ghost)) });
  }
  return ghostCache.open;
}

async function loadGhosts(one) {
  $("ghostbutton").hidden = !project.has_model;
  if (!project.has_model) return;
  try {
    const { status, content } = await ask("GET", "proposals", { video: one.video });
    if (status !== 200) return;
    one.ghostState = content.state;
    if (content.state === "ready") {
      one.ghosts = content.spans.map((span) => ({ ...spanFromJson(span), score: span.score }));
    }
  } catch {
    one.ghostState = "computing";
  }
  if (one !== session) return;
  if (one.ghostState === "computing") setTimeout(() => one === session && loadGhosts(one), GHOST_POLL_MS);
  render();
}

function showGhost(ghost) {
  ghostPlace = session.ghosts.indexOf(ghost);
  select({ lane: ghost.track, ghost });
  showLane(ghost.track);
  seek(ghost.start);
  const x = toX(ghost.start), box = $("scroll");
  if (x < box.scrollLeft + left() || x > box.scrollLeft + box.clientWidth - 40) box.scrollLeft = x - left() - 60;
}

// The next open one after the last that was shown, in the order of the proposals, from the beginning after the end.
function nextGhost(by) {
  const open = openGhosts(), all = session?.ghosts ?? [];
  if (!open.length) {
    return notice(session?.ghostState === "computing" ? "The model is still looking at the video."
      : project.has_model ? "No proposal of the model is left for this video."
        : "There is no model yet: label some videos, and train with 'stad train'.");
  }
  const places = open.map((ghost) => all.indexOf(ghost)), isOn = sel.ghost !== null;
  if (isOn) ghostPlace = all.indexOf(sel.ghost);
  const after = by > 0 ? places.find((place) => (isOn ? place > ghostPlace : place >= ghostPlace))
    : places.findLast((place) => place < ghostPlace);
  return showGhost(all[after ?? (by > 0 ? places[0] : places[places.length - 1])]);
}

function answerGhost(isRight) {
  const { ghost } = sel;
  if (!ghost) return notice("Select a proposal first: g goes to the next one.");
  const { track, label, start, end } = ghost, kind = { track, label, positive: isRight };
  edit(`${isRight ? "accept" : "reject"} ${label}`, putSpan(session.doc, kind, start, end).doc);
  select({ lane: track });
  if (openGhosts().length) nextGhost(1);
  else notice("That was the last proposal of this video.");
  return null;
}
