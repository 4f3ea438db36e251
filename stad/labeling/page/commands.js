// Every command once: its keys, what the help says of it, and what it does.
const ofDigit = (event) => { const found = /^(?:Digit|Numpad)(\d)$/.exec(event.code); return found ? (Number(found[1]) + 9) % 10 : null; };

const commands = [
  ["Play", [
    ["play", ["space"], "play or pause", togglePlay],
    ["frameBack", [",", "shift+←"], "one frame back", () => stepFrames(-1)],
    ["frameOn", [".", "shift+→"], "one frame on", () => stepFrames(1)],
    ["back", ["←"], "one second back", () => seek(timeSec - 1)],
    ["on", ["→"], "one second on", () => seek(timeSec + 1)],
    ["start", ["Home"], "to the start", () => seek(0)],
    ["finish", ["End"], "to the end", () => seek(durationOf(session) - frameSec())],
    ["slower", ["<"], "slower, down to 0.25×", () => changeSpeed(-1)],
    ["faster", [">"], "faster, up to 4×", () => changeSpeed(1)],
    ["playPart", ["p"], "play what is selected", playPart],
  ]],
  ["Select", [
    ["laneUp", ["↑"], "the actor above", () => moveLane(-1)],
    ["laneDown", ["↓"], "the actor below", () => moveLane(1)],
    ["startHere", ["i"], "start of the time, or of the selected label, here", () => setEnd("start")],
    ["endHere", ["o"], "end of the time, or of the selected label, here", () => setEnd("end")],
    ["whole", ["a"], "the whole time of the actor or the clip", selectWhole],
    ["spanBack", ["j"], "the label before", () => moveSpan(-1)],
    ["spanOn", ["k"], "the next label", () => moveSpan(1)],
    ["range", ["r"], "the time of the selected label, to give it another class too", () => (sel.span ? selectRangeOf(sel.span) : notice("Select a label first."))],
    ["seekActor", ["t"], "go to where the actor begins", () => (sel.lane === undefined ? null : seek(limitsOf(sel.lane)[0]))],
    ["escape", ["Escape"], "leave: a drag, the selection, then the chosen class", leaveSelection],
  ]],
  ["Label", [
    ["give", ["1 … 9, 0"], "label the selected time, change the selected label, or choose the class that a drag gives", null],
    ["deny", ["shift+1 … 9, 0"], "not this class: in the selected time, or in all of the lane", null],
    ["nothing", ["n"], "nothing of these: in the selected time, or in what is left of the lane", giveNothing],
    ["delete", ["Delete", "Backspace"], "delete the label, clear the time, or reject the proposal", removeChosen],
    ["earlier", ["alt+,"], "the selected label one frame earlier", () => nudge(-1)],
    ["later", ["alt+."], "the selected label one frame later", () => nudge(1)],
    ["copy", ["c"], "copy the actor's labels to the next actor", copyToNext],
    ["undo", ["ctrl+z"], "undo", undo],
    ["redo", ["ctrl+y", "ctrl+shift+z"], "redo", redo],
    ["save", ["ctrl+s"], "save now; labels are saved soon after each change without it", retryNow],
  ]],
  ["Actors", [
    ["split", ["s"], "split the actor at the playhead", split],
    ["join", ["m"], "join the actor with another one", join],
    ["remove", ["x"], "delete the actor", removeActor],
    ["draw", ["b"], "draw a box around an actor that was not found, and follow it", toggleDrawing],
    ["take", ["Enter in drawing"], "take the box: arrows move it, shift and arrows change its size", takeBox],
    ["unlabelled", ["f"], "only lanes of actors without a label", toggleUnlabelled],
  ]],
  ["Proposals of the model", [
    ["ghost", ["g"], "the next proposal, the most uncertain first", () => nextGhost(1)],
    ["ghostBack", ["shift+g"], "the proposal before", () => nextGhost(-1)],
    ["accept", ["Enter"], "accept the proposal", () => answerGhost(true)],
  ]],
  ["Videos", [
    ["videoOn", ["PageDown"], "the next video of the list", () => moveVideo(1)],
    ["videoBack", ["PageUp"], "the video before", () => moveVideo(-1)],
    ["nextUnlabelled", ["u"], "the next video without a label", () => openNext(opening)],
    ["clips", ["w"], "whole clips: a key of a class, or n, labels the clip and opens the next", toggleClips],
    ["list", ["v"], "show or hide the list", () => toggleList()],
  ]],
  ["View", [
    ["zoomIn", ["+"], "zoom in", () => setZoom(zoom * 1.5)],
    ["zoomOut", ["-"], "zoom out", () => setZoom(zoom / 1.5)],
    ["zoomFit", ["z"], "zoom to the selection, or to the whole video", zoomFit],
    ["showBoxes", ["h"], "hide or show the boxes", () => $("boxes").click()],
    ["help", ["?"], "this help", () => $("help").showModal()],
  ]],
].flatMap(([group, rows]) => rows.map(([id, keys, text, run]) => ({ id, keys, text, run, group })));

const byKey = new Map(commands.flatMap((one) => one.keys.map((key) => [key.toLowerCase(), one])));
// These work without an open video.
const ALWAYS = new Set(["help", "list", "nextUnlabelled", "videoOn", "videoBack", "clips"]);

function run(id) {
  if (!session && !ALWAYS.has(id)) return notice("Open a video first.");
  return commands.find((one) => one.id === id).run();
}

function toggleUnlabelled() {
  isUnlabelledOnly = !isUnlabelledOnly;
  $("scroll").scrollTop = 0;
  render();
}

function leaveSelection() {
  if (cancelDrag()) return;
  if (!$("notice").hidden) $("notice").hidden = true;
  if (sel.span || sel.range || sel.ghost || sel.also !== null) select({ lane: sel.lane });
  else activeClass = null;
  render();
}

// The name of a pressed key, as the table above writes it.
function keyName(event) {
  const names = { " ": "space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", "=": "+" };
  let key = names[event.key] ?? event.key;
  const isLetter = /^[a-zA-Z]$/.test(key), isNamed = key.length > 1 || "←→↑↓".includes(key);
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) {
    parts.push("alt");
    key = { Comma: ",", Period: "." }[event.code] ?? key;
  }
  if (event.shiftKey && (isLetter || isNamed)) parts.push("shift");
  return [...parts, key].join("+").toLowerCase();
}

function runKey(event) {
  const digit = ofDigit(event), isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
  if (digit !== null && isPlain) {
    if (!project.classes[digit]) return false;
    if (event.shiftKey) denyClass(digit);
    else chooseClass(digit);
    return true;
  }
  const one = byKey.get(keyName(event));
  if (!one || (event.repeat && !REPEATED.has(one.id))) return false;
  run(one.id);
  return true;
}

const REPEATED = new Set(["frameBack", "frameOn", "back", "on", "laneUp", "laneDown", "spanBack", "spanOn", "earlier", "later",
  "zoomIn", "zoomOut", "undo", "redo", "videoOn", "videoBack"]);

function onKey(event) {
  const { target } = event;
  if (document.querySelector("dialog[open]")) {
    if (event.key !== "Tab") count("keys");
    return;
  }
  if (target.closest?.("input:not([type=checkbox]), select, textarea")) {
    count("keys");
    if (event.key === "Escape") target.blur();
    return;
  }
  // A button that has the focus takes space and enter.
  if ([" ", "Enter"].includes(event.key) && target.closest?.("button, input")) { count("keys"); return; }
  if (drawing && onDrawKey(event)) {
    count("keys");
    event.preventDefault();
    return;
  }
  if (!runKey(event)) return;
  event.preventDefault();
  if (!event.repeat) count("keys");
}

function fillTools() {
  const pressed = { clips: isClipMode, unlabelled: isUnlabelledOnly, draw: Boolean(drawing) };
  for (const [id, isOn] of Object.entries(pressed)) {
    for (const button of document.querySelectorAll(`[data-command="${id}"][aria-pressed]`)) button.setAttribute("aria-pressed", isOn);
  }
  const isActor = sel.lane != null;
  for (const id of ["split", "join", "remove", "copy"]) {
    document.querySelector(`.tools [data-command="${id}"]`).setAttribute("aria-disabled", !isActor);
  }
  for (const [id, list] of [["undo", session?.past], ["redo", session?.future]]) {
    const last = list?.[list.length - 1];
    const button = document.querySelector(`.bar [data-command="${id}"]`);
    button.title = last ? `${id}: ${last.what} (${commands.find((one) => one.id === id).keys[0]})` : `nothing to ${id}`;
    button.setAttribute("aria-disabled", !last);
  }
}

function fillHelp() {
  const groups = [...new Set(commands.map((one) => one.group))];
  $("helpkeys").replaceChildren(...groups.map((group) => {
    const table = make("table"), body = make("tbody");
    table.append(make("caption", {}, group), body);
    for (const { keys, text } of commands.filter((one) => one.group === group)) {
      const row = make("tr"), cell = make("th", { scope: "row" });
      keys.forEach((key, at) => cell.append(at ? " " : "", make("kbd", {}, key)));
      row.append(cell, make("td", {}, text));
      body.append(row);
    }
    return table;
  }));
}

function listenCommands() {
  for (const button of document.querySelectorAll("[data-command]")) {
    const one = commands.find(({ id }) => id === button.dataset.command);
    button.title ||= `${one.text} (${one.keys[0]})`;
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, input[type=checkbox]");
    if (event.detail > 0 && event.target.closest("button, input, select") && !event.target.closest(".sheet")) count("clicks");
    if (button?.dataset.command) run(button.dataset.command);
  });
  // A click leaves the focus where it was, so that space plays, and does not press the button again.
  document.addEventListener("mousedown", (event) => {
    if (!event.target.closest("button, label, .sheet, .stage") || event.target.closest("dialog")) return;
    event.preventDefault();
    document.activeElement?.blur?.();
  });
  document.addEventListener("keydown", onKey);
  fillHelp();
}
