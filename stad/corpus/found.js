// The page of found segments: cards in an order, filtered; hovering plays the frames of one.
const { segments, problems } = JSON.parse($("stream").textContent);
const SLOWEST_SEC = 6, FASTEST_SEC = 1;
const lastParts = (path, count) => path.replace(/\/+$/, "").split("/").slice(-count).join("/") || path;
// Videos of different folders may have one name.
const pathsOf = new Map();
for (const { path } of segments) pathsOf.set(lastParts(path, 1), (pathsOf.get(lastParts(path, 1)) ?? new Set()).add(path));
const fileName = (path) => lastParts(path, pathsOf.get(lastParts(path, 1)).size > 1 ? 2 : 1);
const knownScore = (one) => one.score ?? -1;
const orders = {
  score: (a, b) => a.place - b.place,
  video: (a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.start - b.start) || a.place - b.place,
  length: (a, b) => (b.end - b.start) - (a.end - a.start) || a.place - b.place,
};

function frame(one) {
  const target = one.timeline ?? one.video;
  const box = make(target ? "a" : "span", { class: one.strip ? "frame" : "frame none" });
  if (target) box.href = target;
  else box.setAttribute("role", "img");
  box.setAttribute("aria-label", `${one.label}, person ${one.actor}, ${fileName(one.path)} at ${clock(one.start)}`);
  if (!one.strip) {
    box.append(make("span", {}, "The video cannot be read."));
    return box;
  }
  const sec = Math.min(Math.max(one.end - one.start, FASTEST_SEC), SLOWEST_SEC), last = data.num_frames - 1;
  const style = { "--frames": data.num_frames, "--length": `${sec}s`, "--aspect": one.aspect,
    "--middle": `${Math.round(last / 2) / last * 100}%` };
  for (const [name, value] of Object.entries(style)) box.style.setProperty(name, value);
  box.classList.add(one.aspect >= 16 / 9 ? "wide" : "tall");
  const strip = make("span", { class: "strip" });
  strip.style.backgroundImage = `url("${one.strip}")`;
  box.append(strip);
  return box;
}

function card(one) {
  const item = make("li", { class: "card" }), about = make("div", { class: "about" });
  const top = make("div", { class: "top" }), jump = make("div", { class: "jump" });
  const chip = make("span", { class: "chip" }, one.label);
  chip.style.background = one.color;
  chip.style.color = one.text;
  top.append(chip, make("span", { class: "score" }, one.score === null ? "?" : one.score.toFixed(2)));
  const length = (one.end - one.start).toFixed(1);
  if (one.timeline) jump.append(make("a", { href: one.timeline }, "timeline"));
  if (one.video) jump.append(make("a", { href: one.video }, `video at ${clock(one.start)}`));
  about.append(top, make("span", { class: "name", title: one.path }, fileName(one.path)),
    make("span", { class: "when" }, `${clock(one.start)} to ${clock(one.end)} (${length} s) · person ${one.actor}`));
  if (data.num_models > 1) about.append(make("span", { class: "when" }, one.model));
  about.append(jump);
  item.append(frame(one), about);
  return item;
}

function fill() {
  const words = $("words").value.toLowerCase().split(/\s+/).filter(Boolean), from = Number($("score").value);
  $("scoreout").textContent = from.toFixed(2);
  const shown = segments.filter((one) => (from === 0 || knownScore(one) >= from) &&
    words.every((word) => `${one.label} ${one.path}`.toLowerCase().includes(word)));
  shown.sort(orders[$("order").value]);
  cards ??= new Map(segments.map((one) => [one, card(one)]));
  $("found").replaceChildren(...shown.map((one) => cards.get(one)));
  $("count").textContent = shown.length < segments.length ? `${shown.length} of ${segments.length} shown` : "";
  $("nothing").hidden = shown.length > 0;
  $("nothing").textContent = segments.length ? "No segment passes the filters." : "No segment was found.";
}

let cards = null;
document.title = `${data.title}: found`;
$("title").textContent = data.title;
const some = segments.length < data.num_found ? `; shown: the ${segments.length} with the highest scores` : "";
$("facts").textContent = `${plural(data.num_found, "segment", "segments")} in ` +
  `${plural(data.num_videos, "video", "videos")}${some}. Point at one to play it.`;
if (problems.length) {
  const list = make("ul");
  list.append(...problems.map((text) => make("li", {}, text)));
  $("problems").append(make("b", {}, `${plural(problems.length, "video", "videos")} cannot be shown:`), list);
  $("problems").hidden = false;
}
$("filters").hidden = segments.length === 0;
for (const id of ["words", "score", "order"]) $(id).addEventListener("input", fill);
fill();
