// The report page: the results, a table of classes with their curves, comparison and mistakes.
const { results, classes, groups } = data;
const FIRST = 24, MOVES = 12, NARROW = 900, DASH = "–";
const whole = (value) => value.toLocaleString("en");
const part = (value, digits = 3) => (value === null ? DASH : value.toFixed(digits));
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
// Use a real minus sign, as high as the plus. A change that rounds to zero has no direction.
const direction = (value) => (Math.abs(value) < 5e-4 ? "" : value > 0 ? "up" : "down");
let current = 0, selected = 0, sort = { key: "ap", up: false }, moves = MOVES, limits = { wrong: FIRST, missed: FIRST };

const figures = (index, result = current) => results[result].classes[index];
const columns = {
  name: ["class", (index) => classes[index].name, (index) => classes[index].name],
  group: ["group", (index) => groups[classes[index].group]?.name ?? null,
    (index) => groups[classes[index].group]?.name ?? DASH],
  ap: ["AP", (index) => figures(index).ap, (index) => part(figures(index).ap)],
  truth: ["ground truth", (index) => classes[index].ground_truth, (index) => whole(classes[index].ground_truth)],
  detections: ["detec\u00adtions", (index) => figures(index).detections, (index) => whole(figures(index).detections)],
  f1: ["best F1", (index) => figures(index).best_f1, (index) => part(figures(index).best_f1)],
  threshold: ["thres\u00adhold", (index) => figures(index).threshold, (index) => part(figures(index).threshold)],
};
if (!groups.length) delete columns.group;

function fillHeader() {
  const known = classes.filter((_, index) => figures(index).ap !== null).length;
  const facts = { "ground truth": data.ground_truth, protocol: data.protocol, IoU: data.iou_threshold,
    classes: known < classes.length ? `${known} of ${classes.length} with an AP` : String(known) };
  document.title = `mAP ${part(results[0].mAP)} · ${results.map((result) => result.name).join(", ")}`;
  $("facts").replaceChildren(...Object.entries(facts).filter(([, value]) => value !== "").map(([name, value]) => {
    const pair = make("div");
    pair.append(make("dt", {}, name), make("dd", {}, String(value)));
    return pair;
  }));
}

function fillTiles() {
  $("tiles").replaceChildren(...results.map((result, index) => {
    const isChoice = results.length > 1;
    const tile = isChoice ? make("button", { type: "button", "aria-pressed": index === current, "data-result": index })
      : make("div");
    tile.className = "tile";
    tile.style.borderLeftColor = result.color;
    const mean = make("span", { class: "mean" }, part(result.mAP));
    mean.append(make("small", {}, ` mAP · ${plural(whole(result.num_detections), "detection", "detections")}`));
    const means = make("span", { class: "groups" });
    groups.forEach((group, place) => {
      const one = make("span", {}, `${group.name} `);
      one.append(make("em", {}, part(result.group_mAP[place])));
      means.append(one);
    });
    tile.append(make("b", {}, result.name), mean, means);
    return tile;
  }));
  for (const id of ["classes", "mistakes"]) {
    $(id).querySelector("small").textContent = results.length > 1 ? `of ${results[current].name}` : "";
  }
  const notes = [...new Set([...results[current].notes, ...data.image_notes])], list = make("ul", { class: "soft" });
  list.append(...notes.map((note) => make("li", {}, note)));
  $("notes").replaceChildren(...(notes.length ? [list] : []));
}

// By the column; classes without a value come last in both directions.
function ordered(wanted) {
  const value = columns[sort.key][1], sign = sort.up ? 1 : -1;
  return wanted.sort((a, b) => {
    const first = value(a), second = value(b);
    if (first === null || second === null) return (first === null) - (second === null) || a - b;
    if (typeof first === "string") return sign * first.localeCompare(second) || a - b;
    return sign * (first - second) || a - b;
  });
}

function fillHeads() {
  $("heads").replaceChildren(...Object.entries(columns).map(([key, [title]]) => {
    const own = sort.key === key;
    const cell = make("th", { scope: "col", "aria-sort": own ? (sort.up ? "ascending" : "descending") : "none",
      class: key === "group" ? "group" : "" });
    const button = make("button", { type: "button", "data-key": key }, title);
    if (own) button.append(make("i", { "aria-hidden": true }, sort.up ? "▲" : "▼"));
    cell.append(button);
    return cell;
  }));
}

function fillTable() {
  const words = $("find").value.toLowerCase().split(",").map((word) => word.trim()).filter(Boolean);
  const wanted = classes.map((_, index) => index)
    .filter((index) => !words.length || words.some((word) => classes[index].name.toLowerCase().includes(word)));
  fillHeads();
  $("body").replaceChildren(...ordered(wanted).map((index) => {
    const line = make("tr", { "data-index": index, class: index === selected ? "on" : "" });
    for (const [key, [, value, show]] of Object.entries(columns)) {
      const cell = make("td", { class: key === "group" ? "group" : key === "ap" ? "bar" : "" });
      if (key === "ap") cell.style.cssText = `--bar:${results[current].color};--part:${100 * (value(index) ?? 0)}%`;
      if (key === "name") cell.append(make("button", { type: "button", "aria-pressed": index === selected }, show(index)));
      else cell.textContent = show(index);
      line.append(cell);
    }
    return line;
  }));
  $("none").hidden = wanted.length > 0;
}

// entries: [[name, color, isDashed]].
function legend(entries) {
  const box = make("div", { class: "keys" });
  for (const [name, color, isDashed] of entries) {
    const key = make("span", { class: "key" }, "");
    key.append(make("i", { class: isDashed ? "dashed" : "", style: isDashed ? `color:${color}` : `background:${color}` }),
      make("span", {}, name));
    box.append(key);
  }
  return box;
}

function drawDetail() {
  $("detailname").textContent = classes[selected].name;
  $("detailkey").replaceChildren(legend(results.map((result, index) => {
    const { ap, best_f1: f1, threshold } = figures(selected, index);
    const best = f1 === null ? "" : `, best F1 ${part(f1)} from score ${part(threshold)} (○)`;
    return [`${results.length > 1 ? `${result.name}: ` : ""}AP ${part(ap)}${best}`, result.color];
  })));
  const curves = results.map((result, index) => ({ name: result.name, color: result.color,
    points: figures(selected, index).curve, best: figures(selected, index).best_point, isFaint: index !== current }));
  plotCurves($("curve"), [...curves.filter((curve) => curve.isFaint), ...curves.filter((curve) => !curve.isFaint)],
    { label: `precision against recall of ${classes[selected].name}`, height: innerWidth <= NARROW ? 220 : 330 });
}

function drawPlots() {
  const { height_edges: edges } = data, { color, height_mAP: means } = results[current];
  $("heights").hidden = $("toheights").hidden = !edges.length;
  if (edges.length) {
    const percent = (edge) => Math.round(100 * edge);
    const bins = edges.map((edge, index) => [index + 1 < edges.length ? `${percent(edge)}–${percent(edges[index + 1])} %`
      : `${percent(edge)} % up`, whole(data.height_ground_truth[index])]);
    const lines = results.map((result) => ({ name: results.length > 1 ? `${result.name}, mean` : "mean",
      color: result.color, values: result.height_mAP }));
    lines.push({ name: classes[selected].name, color, values: figures(selected).height_ap, isDashed: true });
    $("heightkey").replaceChildren(legend(lines.map((line) => [line.name, line.color, line.isDashed])));
    plotBins($("height"), bins, lines, { height: 300,
      label: `mean AP by height: ${bins.map(([name], index) => `${name} ${part(means[index])}`).join(", ")}` });
  }
  const dots = classes.map(({ name, ground_truth: count }, index) => ({ name, color, count, value: figures(index).ap,
    isOn: index === selected, open: () => reveal(index) })).filter(({ count, value }) => count > 0 && value !== null);
  $("scatterkey").replaceChildren(...(results.length > 1 ? [legend([[results[current].name, color]])] : []));
  plotDots($("scatter"), [...dots.filter((dot) => !dot.isOn), ...dots.filter((dot) => dot.isOn)],
    { label: "AP of each class by its number of ground truth", height: 300 });
}

function fillMoves() {
  const from = +$("from").value, to = +$("to").value;
  const changes = classes.map((_, index) => [index, figures(index, from).ap, figures(index, to).ap])
    .filter(([, before, after]) => before !== null && after !== null)
    .map(([index, before, after]) => ({ index, before, after, change: after - before }))
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  const up = changes.filter(({ change }) => direction(change) === "up").length;
  const down = changes.filter(({ change }) => direction(change) === "down").length;
  const before = results[from].mAP, after = results[to].mAP;
  const means = before === null || after === null ? "" : `mAP ${part(before)} → ${part(after)} (${signed(after - before)}): `;
  $("moves").textContent = `${means}${plural(up, "class", "classes")} up, ${down} down, ` +
    `${changes.length - up - down} as before.`;
  const largest = Math.max(...changes.map(({ change }) => Math.abs(change)), 1e-9);
  $("moverows").replaceChildren(...changes.slice(0, moves).map(({ index, before, after, change }) => {
    const line = make("tr", { "data-index": index }), name = make("td"), bar = make("td", { class: "wide" });
    const sway = make("span", { class: `sway ${direction(change)}` }), width = 50 * Math.abs(change) / largest;
    sway.append(make("i", { style: `width:${width}%;left:${change < 0 ? 50 - width : 50}%` }));
    bar.append(sway);
    name.append(make("button", { type: "button" }, classes[index].name));
    line.append(name, make("td", { class: "group" }, whole(classes[index].ground_truth)), make("td", {}, part(before)), make("td", {}, part(after)),
      make("td", { class: direction(change) }, signed(change)), bar);
    return line;
  }));
  $("moremoves").hidden = changes.length <= MOVES;
  $("moremoves").textContent = moves > MOVES ? "Show fewer" : `Show all ${changes.length}`;
}

const reasons = {
  wrong: {
    duplicate: () => "this person was found already, with a higher score",
    other_action: ({ labels }) => `labelled: ${labels.join(", ")}`,
    off: ({ labels }) => `the box is off; labelled: ${labels.join(", ")}`,
    nobody: () => "no labelled person there",
  },
  missed: {
    low_score: ({ labels }) => (labels.length ? `best there: ${labels[0]}` : "found, with a low score"),
    other_action: ({ labels }) => `found as: ${labels[0]}`,
    nobody: () => "no detection there",
  },
};

// Draw the boxes in an empty frame if there is no image.
function sketch({ box, other_box: other }) {
  const holder = make("div"), svg = draw(holder, "svg", { width: 160, height: 90, viewBox: "0 0 160 90" });
  draw(svg, "rect", { class: "screen", x: 0.5, y: 0.5, width: 159, height: 89 });
  for (const [corners, kind] of [[other, "other"], [box, "own"]]) {
    if (!corners || !data.boxes_are_relative) continue;
    const [left, top, right, bottom] = corners.map((value) => Math.min(Math.max(value, 0), 1));
    draw(svg, "rect", { class: kind, x: 1 + 158 * left, y: 1 + 88 * top, width: 158 * (right - left),
      height: 88 * (bottom - top) });
  }
  return svg;
}

function card(mistake, kind) {
  const figure = make("figure"), frame = make("div", { class: "frame" }), caption = make("figcaption");
  const { class: index, video, time_sec: time, score, why, thumbnail } = mistake;
  const place = `${video} at ${time} s`;
  if (thumbnail) frame.append(make("img", { src: thumbnail, alt: place }));
  else frame.append(sketch(mistake));
  const head = make("b");
  head.append(make("span", {}, classes[index].name), make("span", {}, score === null ? DASH : score.toFixed(2)));
  caption.append(head, make("div", {}, reasons[kind][why](mistake)), make("small", {}, place));
  figure.append(frame, caption);
  return figure;
}

function fillMistakes() {
  const which = $("which").value;
  for (const [kind, list] of [["wrong", "false_positives"], ["missed", "misses"]]) {
    const wanted = results[current][list].filter((mistake) => which === "" || mistake.class === +which);
    $(kind).replaceChildren(...wanted.slice(0, limits[kind]).map((mistake) => card(mistake, kind)));
    if (!wanted.length) $(kind).append(make("p", { class: "soft" }, "None."));
    $(`more${kind}`).hidden = wanted.length <= limits[kind];
    $(`more${kind}`).textContent = `Show all ${wanted.length}`;
  }
}

function select(index) {
  selected = index;
  $("detail").hidden = false;
  for (const line of $("body").rows) {
    const own = +line.dataset.index === selected;
    line.classList.toggle("on", own);
    line.querySelector("button").setAttribute("aria-pressed", own);
  }
  drawDetail();
  drawPlots();
}

// Select from elsewhere on the page, and go to the class's row, beside which its curve is.
function reveal(index) {
  select(index);
  if ($("find").value) {
    $("find").value = "";
    fillTable();
  }
  $("body").querySelector(".on").scrollIntoView({ block: "center" });
}

function show(result) {
  current = result;
  fillTiles();
  fillTable();
  drawDetail();
  drawPlots();
  fillMistakes();
}

function fillChoices() {
  $("comparison").hidden = $("tomoved").hidden = results.length < 2;
  for (const [id, value] of [["from", 0], ["to", results.length - 1]]) {
    $(id).replaceChildren(...results.map((result, index) => make("option", { value: index }, result.name)));
    $(id).value = value;
  }
  const byName = classes.map(({ name }, index) => [name, index]).sort(([a], [b]) => a.localeCompare(b));
  $("which").replaceChildren(make("option", { value: "" }, "all classes"),
    ...byName.map(([name, index]) => make("option", { value: index }, name)));
  $("perclass").textContent = data.mistakes_per_class;
  $("find").value = "";
}

function listen() {
  $("find").addEventListener("input", fillTable);
  $("heads").addEventListener("click", (event) => {
    const key = event.target.closest("button")?.dataset.key;
    if (!key) return;
    sort = { key, up: sort.key === key ? !sort.up : key === "name" || key === "group" };
    fillTable();
    $("heads").querySelector(`[data-key="${key}"]`).focus();
  });
  for (const [id, act] of [["body", select], ["moverows", reveal]]) {
    $(id).addEventListener("click", (event) => {
      const line = event.target.closest("tr");
      if (line) act(+line.dataset.index);
    });
  }
  $("tiles").addEventListener("click", (event) => {
    const result = event.target.closest("[data-result]")?.dataset.result;
    if (result === undefined) return;
    show(+result);
    $("tiles").children[current].focus();
  });
  for (const id of ["from", "to"]) $(id).addEventListener("input", fillMoves);
  $("which").addEventListener("input", fillMistakes);
  $("moremoves").onclick = () => { moves = moves > MOVES ? MOVES : Infinity; fillMoves(); };
  for (const kind of ["wrong", "missed"]) $(`more${kind}`).onclick = () => { limits[kind] = Infinity; fillMistakes(); };
  $("close").onclick = () => { $("detail").hidden = true; };
  addEventListener("scroll", hideTip, { passive: true });
  addEventListener("resize", () => {
    if (innerWidth > NARROW) $("detail").hidden = false;
    drawDetail();
    drawPlots();
  });
}

fillHeader();
fillChoices();
// Open the page with the curve of the class that has the largest number of examples.
selected = classes.reduce((best, one, index) => (one.ground_truth > classes[best].ground_truth ? index : best), 0);
listen();
show(0);
$("detail").hidden = innerWidth <= NARROW;
fillMoves();
