// What is selected, with all that can be done to it by the mouse, or by numbers.
const SHORT = { Delete: "del", Escape: "esc", Enter: "↵", "Enter in drawing": "↵" };
let chosenKey = "";

function fillChosen() {
  if (!session) return;
  const part = sel.ghost ?? sel.span;
  const key = JSON.stringify([session.video, part && keyOf(part), Boolean(sel.ghost), sel.range, sel.lane, sel.also,
    Boolean(drawing), project.classes.length, sel.lane != null && trackIn(session.doc, sel.lane)?.times.length, openGhosts().length,
    session.ghostState, sel.span || sel.lane === undefined ? 0 : spansOf(session.doc, sel.lane).length]);
  if (key === chosenKey) return;
  chosenKey = key;
  const focused = document.activeElement?.id;
  $("chosen").replaceChildren(...(drawing ? ofDrawing() : sel.ghost ? ofGhost(sel.ghost) : sel.span ? ofSpan(sel.span)
    : sel.range ? ofRange(sel.range) : ofLane(sel.lane)));
  if (focused?.startsWith("chosen-")) $(focused)?.focus();
}

const titled = (text) => make("h2", {}, text);

function buttonOf(id, text) {
  const one = commands.find((command) => command.id === id);
  const button = make("button", { type: "button", "data-command": id, id: `chosen-${id}`, title: one.text });
  if (text === "✕") button.setAttribute("aria-label", id);
  if (one.keys.length) button.append(make("kbd", {}, SHORT[one.keys[0]] ?? one.keys[0]), ` ${text}`);
  else button.textContent = text;
  return button;
}

const rowOf = (...nodes) => {
  const row = make("div", { class: "chosenrow" });
  row.append(...nodes);
  return row;
};

function timeInput(name, sec, set) {
  const box = make("label", { class: "timeinput" }, name);
  const input = make("input", { type: "number", id: `chosen-${name}`, min: 0, step: toMs(frameSec()), value: sec.toFixed(3) });
  input.onchange = () => { if (Number.isFinite(input.valueAsNumber)) set(input.valueAsNumber); };
  box.append(input);
  return box;
}

function ofSpan(span) {
  const pick = make("select", { id: "chosen-class", "aria-label": "class of the label" });
  const kinds = [[NOTHING, true], ...project.classes.flatMap(({ name }) => [[name, true], [name, false]])];
  if (!kinds.some(([label, positive]) => label === span.label && positive === span.positive)) kinds.push([span.label, span.positive]);
  kinds.forEach(([label, positive], value) => {
    const option = make("option", { value }, nameOf({ label, positive }));
    option.selected = label === span.label && positive === span.positive;
    pick.append(option);
  });
  pick.onchange = () => { const [label, positive] = kinds[pick.value]; changeSpan({ label, positive }); };
  const set = (which) => (sec) => {
    const changes = { start: span.start, end: span.end, [which]: clamp(sec, ...limitsOf(span.track)) };
    if (changes.end - changes.start < MIN_SEC) {
      notice("The start must be before the end.");
      chosenKey = "";
      return render();
    }
    return finishSpan({ span, changes, kind: which });
  };
  return [titled(`Label of ${laneName(span.track)}`), rowOf(pick, buttonOf("delete", "✕")), rowOf(timeInput("start", span.start, set("start")),
    timeInput("end", Math.min(span.end, lengthSec()), set("end"))),
  rowOf(buttonOf("playPart", "Play"), buttonOf("range", "Same time"))];
}

function ofRange(range) {
  const set = (which) => (sec) => {
    const next = [...range];
    next[which] = toMs(clamp(sec, ...limitsOf(sel.lane)));
    if (next[1] - next[0] >= MIN_SEC) select({ lane: sel.lane, range: next });
  };
  return [titled(`Time of ${laneName(sel.lane)}, ${(range[1] - range[0]).toFixed(2)} s`),
    rowOf(timeInput("start", range[0], set(0)), timeInput("end", range[1], set(1))),
    rowOf(buttonOf("playPart", "Play"), buttonOf("delete", "Clear"), buttonOf("escape", "Leave"))];
}

function ofDrawing() {
  return [titled("Drag a box on the video"), rowOf(buttonOf("take", "Take it"), buttonOf("draw", "Leave")),
    make("p", {}, "Keys: the arrows move the box, with shift they change its size.")];
}

function ofGhost(ghost) {
  const open = openGhosts(), at = open.indexOf(ghost) + 1;
  return [titled(`Proposal ${at} of ${open.length}`),
    make("p", {}, `${laneName(ghost.track)}: ${ghost.label}, score ${ghost.score.toFixed(2)}, ` +
      `${clock(ghost.start, 2)} to ${clock(ghost.end, 2)}`),
    rowOf(buttonOf("accept", "Yes"), buttonOf("delete", `Not ${ghost.label}`)),
    rowOf(buttonOf("playPart", "Play"), buttonOf("ghost", "Next"))];
}

function ofLane(lane) {
  const open = openGhosts().length, more = open ? [make("p", {}, plural(open, "proposal of the model", "proposals of the model"))] : [];
  if (session.ghostState === "computing") more.push(make("p", {}, "The model is looking at the video…"));
  if (lane === undefined) return [titled("Nothing is selected"), make("p", {}, "Click a box in the video or a lane."), ...more];
  const spans = spansOf(session.doc, lane);
  if (lane === null) {
    return [titled("Whole clip"), make("p", {}, `${plural(spans.length, "label", "labels")} of the whole frame.`),
      rowOf(buttonOf("whole", "All of it")), ...more];
  }
  const track = trackIn(session.doc, lane), pauses = presenceOf(track).length - 1;
  return [titled(`Actor #${lane}${sel.also === null ? "" : ` and #${sel.also}`}`),
    make("p", {}, `${clock(startOf(track))} to ${clock(endOf(track))}${pauses ? `, ${plural(pauses, "pause", "pauses")}` : ""}, ` +
      plural(spans.length, "label", "labels")),
    rowOf(buttonOf("whole", "All of it"), buttonOf("seekActor", "Go there")), ...more];
}
