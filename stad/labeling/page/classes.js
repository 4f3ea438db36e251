// The classes, what gives them to a time, and what is known of the selection.

// Gives a kind of label to a time of a lane, within which the actor is there.
function putLabel(lane, { label, positive }, [start, end]) {
  const limits = limitsOf(lane), from = clamp(start, ...limits), to = clamp(end, ...limits);
  if (to - from < MIN_SEC) return notice(`${laneName(lane)} is not there at that time.`);
  const kind = { track: lane, label, positive };
  return edit(`label ${nameOf(kind)}`, putSpan(session.doc, kind, from, to).doc);
}

function changeSpan(kind) {
  const { span } = sel, { doc, span: next } = replaceSpan(session.doc, span, kind);
  edit(`change ${nameOf(span)} to ${nameOf(next)}`, doc);
  select({ lane: span.track, span: next });
}

// What a key of a class does: label the selected time, change the selected label, or choose for the next drag.
function chooseClass(place) {
  const found = project.classes[place];
  if (!found || !session) return;
  const kind = { label: found.name, positive: true };
  if (isClipMode) labelClip(kind);
  else if (sel.range) putLabel(sel.lane, kind, sel.range);
  else if (sel.span) changeSpan(kind);
  else activeClass = activeClass === found.name ? null : found.name;
  render();
}

function denyClass(place) {
  const found = project.classes[place];
  if (found && session) giveOrFill({ label: found.name, positive: false });
}

const giveNothing = () => giveOrFill({ label: NOTHING, positive: true });

// To the selected time or label, or to what is left of the lane.
function giveOrFill(kind) {
  if (isClipMode && isNothing(kind)) return labelClip(kind);
  if (!isClipMode && sel.range) return putLabel(sel.lane, kind, sel.range);
  if (!isClipMode && sel.span) return changeSpan(kind);
  const lane = isClipMode ? null : sel.lane;
  if (lane === undefined) return notice("Select an actor or the lane of the whole clip first.");
  const next = fillGaps(session.doc, { track: lane, ...kind }, ...limitsOf(lane));
  if (docKey(next) === docKey(session.doc)) return notice(`${laneName(lane)} has no time left for '${nameOf(kind)}'.`);
  edit(`label ${laneName(lane)} ${nameOf(kind)}`, next);
  return notice(`${laneName(lane)}: ${nameOf(kind)}, wherever it has no other label.`);
}

// One label for a clip that shows one thing; then the next clip is opened.
function labelClip({ label, positive }) {
  const rest = session.doc.spans.filter((span) => span.track !== null), [start, end] = limitsOf(null);
  const { doc } = putSpan({ ...session.doc, spans: rest }, { track: null, label, positive }, start, end);
  const name = session.video;
  edit(`label the clip ${nameOf({ label, positive })}`, doc);
  save(session);
  openNext(name, `${name}: ${nameOf({ label, positive })}.`);
}

function removeChosen() {
  if (sel.ghost) return answerGhost(false);
  if (sel.span) {
    const { span } = sel;
    edit(`delete ${nameOf(span)}`, withoutSpan(session.doc, span));
    return select({ lane: span.track });
  }
  if (sel.range) return edit("clear a time", clearRange(session.doc, sel.lane, ...sel.range));
  return notice("Select a label, a proposal or a time range first.");
}

// The start or end of the selected label, or of the selected time, to the playhead.
function setEnd(which) {
  const lane = sel.lane === undefined ? (session.doc.tracks[0]?.id ?? null) : sel.lane, limits = limitsOf(lane);
  // The end includes the frame that is shown.
  const sec = clamp(toFrame(timeSec) + (which === "end" ? frameSec() : 0), ...limits);
  if (sel.span) {
    const changes = { start: sel.span.start, end: sel.span.end, [which]: sec };
    if (changes.end - changes.start < MIN_SEC) return notice("The start must be before the end.");
    return finishSpan({ span: sel.span, changes, kind: which });
  }
  const [start, end] = sel.range ?? limits;
  const range = which === "start" ? [sec, end > sec ? end : limits[1]] : [start < sec ? start : limits[0], sec];
  if (range[1] - range[0] < MIN_SEC) return notice(`${laneName(lane)} is not there at that time.`);
  return select({ lane, range: range.map(toMs) });
}

function nudge(by) {
  if (!sel.span) return notice("Select a label first.");
  const { span } = sel, [low, high] = limitsOf(span.track), length = span.end - span.start;
  const start = toMs(clamp(span.start + by * frameSec(), low, high - length));
  return finishSpan({ span, changes: { start, end: toMs(start + length) }, kind: "move" });
}

function selectWhole() {
  if (sel.lane === undefined) return notice("Select an actor or the lane of the whole clip first.");
  return select({ lane: sel.lane, range: limitsOf(sel.lane) });
}

async function addClass() {
  const name = await choose("Add a class", ["Its name, for example 'phoning'. It becomes a line of classes.txt."],
    [["add", "Add"]], { input: "name of the class" });
  if (!name) return;
  try {
    const { status, content } = await ask("POST", "classes", { body: { name } });
    if (status !== 200) return notice(`The class was not added: ${content.error}`, { isWarning: true });
    project.classes = content.classes;
  } catch {
    return notice("The class was not added: the server does not answer. Try again later.", { isWarning: true });
  }
  drawClasses();
  return render();
}

function drawClasses() {
  $("classes").replaceChildren(...project.classes.map(({ name, color, text }, place) => {
    const row = make("div", { class: "class" }), key = place < 9 ? place + 1 : place === 9 ? 0 : "";
    const main = make("button", { type: "button", class: "give", "data-place": place, "aria-pressed": false });
    main.append(make("kbd", {}, String(key)), make("i", { style: `background:${color};color:${text}` }),
      make("span", { class: "classname" }, name), make("small"));
    const not = make("button", { type: "button", class: "deny", "data-place": place, title: `Not ${name} (shift+${key})`,
      "aria-label": `not ${name}` }, "not");
    main.onclick = () => chooseClass(place);
    not.onclick = () => denyClass(place);
    row.append(main, not);
    return row;
  }));
}

function fillClasses() {
  const uses = sel.range ? `Label ${laneName(sel.lane)} from ${clock(sel.range[0], 2)} to ${clock(sel.range[1], 2)}:`
    : sel.span ? "Change the selected label to:" : activeClass !== null ? "A drag in a lane gives:" : "Drag over time, then:";
  $("how").textContent = isClipMode ? "A key labels the clip and opens the next:" : uses;
  for (const button of $("classes").querySelectorAll(".give")) {
    const { name } = project.classes[button.dataset.place];
    button.setAttribute("aria-pressed", !isClipMode && name === activeClass);
    const own = session ? session.doc.spans.filter((span) => span.label === name && span.positive) : [];
    button.querySelector("small").textContent = own.length || "";
  }
  $("complete").checked = Boolean(session?.doc.complete);
}

function listenClasses() {
  $("addclass").onclick = addClass;
  $("complete").onchange = () => {
    const isOn = $("complete").checked;
    edit(isOn ? "say that all is labelled" : "say that not all is labelled", { ...session.doc, complete: isOn });
    $("complete").blur();
  };
}
