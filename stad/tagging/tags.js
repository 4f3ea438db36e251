// The page of tags: a row for each video, a strip over time for each of its tags.
const { classes, videos, left_out: leftOut } = data;
const SVG = "http://www.w3.org/2000/svg", HEIGHT = 20;
const chosen = new Set();

function draw(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

// A step of the area for each cell; a score of 1 is the whole height.
function outline(cells) {
  const tops = cells.map((score, place) => `L${place} ${100 - score} L${place + 1} ${100 - score}`);
  return `M0 100 ${tops.join(" ")} L${cells.length} 100 Z`;
}

function strip(video, one) {
  const { cells } = one, { name, color } = classes[one.tag];
  const box = draw("svg", { class: "strip", viewBox: `0 0 ${cells.length} 100`, preserveAspectRatio: "none", role: "img",
    "aria-label": `${name} over ${clock(video.seconds, 0)}: from ${Math.min(...cells)} % to ${Math.max(...cells)} %` });
  box.append(draw("path", { d: outline(cells), fill: color }));
  box.addEventListener("pointermove", (event) => {
    const { left, width } = box.getBoundingClientRect();
    const place = Math.min(cells.length - 1, Math.max(0, Math.floor((cells.length * (event.clientX - left)) / width)));
    showTip(event, `${name} ${cells[place]} % at ${clock((place + 0.5) * video.cell_sec)}`);
  });
  box.addEventListener("pointerleave", () => { $("tip").hidden = true; });
  return box;
}

function showTip(event, text) {
  const tip = $("tip");
  tip.textContent = text;
  tip.hidden = false;
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${Math.max(4, event.clientY - tip.offsetHeight - 10)}px`;
}

function line(video, one) {
  const { name, color } = classes[one.tag], row = make("div", { class: one.shown ? "line" : "line off", title: name });
  row.style.setProperty("--color", color);
  row.append(make("i"), make("b", {}, name), make("span", {}, `${(100 * one.score).toFixed(1)}%`), strip(video, one));
  return row;
}

function card(video) {
  const box = make("article", { class: "card video" }), side = make("div"), head = make("h2", {}, video.name);
  head.append(make("span", {}, clock(video.seconds, 0)));
  side.append(head, ...video.tags.map((one) => line(video, one)));
  box.append(video.image ? make("img", { src: video.image, alt: `a frame of ${video.name}`, loading: "lazy" })
    : make("div", { class: "none" }, "no image"), side);
  return box;
}

const cards = videos.map(card);

// A video stays if its name has the text, and it has all tags that are chosen.
function filter() {
  const text = $("name").value.trim().toLowerCase();
  let count = 0;
  videos.forEach((video, place) => {
    const has = (tag) => video.tags.some((one) => one.tag === tag && one.shown);
    const stays = video.name.toLowerCase().includes(text) && [...chosen].every(has);
    cards[place].hidden = !stays;
    count += stays;
  });
  $("count").textContent = count === videos.length ? "" : `${count} of ${videos.length} videos`;
}

function chip(one, place) {
  const button = make("button", { type: "button", "aria-pressed": false });
  button.style.setProperty("--color", one.color);
  button.append(make("i"), make("span", {}, `${one.name} ${one.videos}`));
  button.addEventListener("click", () => {
    if (!chosen.delete(place)) chosen.add(place);
    button.setAttribute("aria-pressed", chosen.has(place));
    filter();
  });
  return button;
}

function fact(name, value) {
  const pair = make("div");
  pair.append(make("dt", {}, name), make("dd", {}, value));
  return pair;
}

document.title = `tags: ${data.model}`;
$("title").textContent = `Tags of ${plural(videos.length, "video", "videos")}`;
const total = videos.reduce((sum, video) => sum + video.seconds, 0);
const none = videos.filter((video) => !video.tags.some((one) => one.shown)).length;
$("facts").replaceChildren(fact("tagger", data.model), fact("length", clock(total, 0)), fact("without a tag", String(none)));
const order = classes.map((one, place) => place).filter((place) => classes[place].videos);
order.sort((a, b) => classes[b].videos - classes[a].videos || a - b);
$("chips").replaceChildren(...order.map((place) => chip(classes[place], place)));
$("name").addEventListener("input", filter);
$("videos").replaceChildren(...cards);
$("how").textContent = `The number is the score of the whole video. A strip shows the score of ${data.window_sec} seconds around each `
  + "time. Tags with a ring instead of a dot do not reach their threshold.";
$("leftout").hidden = !leftOut.length;
$("leftouthead").textContent = `${plural(leftOut.length, "video", "videos")} could not be read`;
$("reasons").replaceChildren(...leftOut.map((one) => make("li", {}, `${one.name}: ${one.reason}`)));
