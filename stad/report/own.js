// The report on own classes: figures of each class, confusions with examples, a learning curve.
const DASH = "–";
const part = (value, digits = 3) => (value === null || value === undefined ? DASH : value.toFixed(digits));
const { names, confusions, classes, curve, clips } = data;
const NONE = names.length - 1;
const timed = classes.some((one) => one.events !== undefined);

function fillHead() {
  document.title = `${data.folder}: mAP ${part(data.mAP)}`;
  $("title").textContent = `Own classes of ${data.folder}`;
  const facts = { examples: data.num_examples, videos: data.num_videos, sources: data.num_sources,
    tested: `in ${data.num_folds} parts, each by a model trained on the others`,
    labels: data.whole_frame ? "of whole clips" : "of people" };
  $("facts").replaceChildren(...Object.entries(facts).map(([name, value]) => {
    const pair = make("div");
    pair.append(make("dt", {}, name), make("dd", {}, String(value)));
    return pair;
  }));
}

function tile(value, name, note) {
  const box = make("div", { class: "tile" }), mean = make("span", { class: "mean" }, value);
  mean.append(make("small", {}, ` ${name}`));
  box.append(mean, make("span", { class: "groups" }, note));
  return box;
}

function fillTiles() {
  const tiles = [];
  if (clips) {
    tiles.push(tile(part(clips.accuracy), "of the clips are right",
      `± ${part(clips.deviation)} over the parts; the most frequent label alone: ${part(clips.majority)}`));
  }
  tiles.push(tile(part(data.mAP), "mAP", "mean over the classes"),
    tile(part(data.F1), "F1", "mean over the classes, at the fitted thresholds"),
    tile(part(data.calibration_error), "calibration error", "mean difference of a score and how often it is right"));
  $("tiles").replaceChildren(...tiles);
  $("advice").hidden = !data.advice;
  $("advice").textContent = data.advice;
}

function fillClasses() {
  const columns = [["class", (one) => one.name], ["AP", (one) => part(one.AP)], ["F1", (one) => part(one.F1)],
    ["precision", (one) => part(one.precision)], ["recall", (one) => part(one.recall)],
    ["positive", (one) => one.positive], ["negative", (one) => one.negative]];
  if (timed) {
    columns.push(["events found", (one) => `${one.events_found} of ${one.events}`],
      ["false events", (one) => one.events_false], ["an hour", (one) => part(one.false_per_hour, 1)]);
  }
  $("heads").replaceChildren(...columns.map(([name]) => make("th", { scope: "col" }, name)));
  $("body").replaceChildren(...classes.map((one) => {
    const row = make("tr");
    row.append(...columns.map(([, show]) => make("td", {}, String(show(one)))));
    return row;
  }));
}

function fillMatrix() {
  const head = make("thead"), first = make("tr"), body = make("tbody");
  first.append(make("td"), ...names.map((name) => make("th", { scope: "col" }, name)));
  head.append(first);
  confusions.forEach((counts, row) => {
    const total = Math.max(1, counts.reduce((sum, count) => sum + count, 0)), line = make("tr");
    line.append(make("th", { scope: "row" }, names[row]));
    counts.forEach((count, column) => {
      const cell = make("td"), percent = Math.round((70 * count) / total);
      const button = make("button", { type: "button", class: row === column ? "right" : "wrong", "aria-pressed": false,
        "data-cell": `${row},${column}`, style: `--part: ${percent}%`,
        "aria-label": `${names[row]} shown as ${names[column]}: ${count}` }, String(count));
      button.disabled = !count;
      button.addEventListener("click", () => choose(row, column));
      cell.append(button);
      line.append(cell);
    });
    body.append(line);
  });
  $("matrix").replaceChildren(head, body);
}

function choose(row, column) {
  const key = `${row},${column}`, examples = data.cells[key] || [];
  for (const button of document.querySelectorAll("#matrix button")) {
    button.setAttribute("aria-pressed", button.dataset.cell === key);
  }
  const what = row === column ? (row === NONE ? "Rightly shown as none of them" : `Rightly shown as ${names[row]}`)
    : column === NONE ? `${names[row]}, which is missed`
    : row === NONE ? `Shown as ${names[column]}, and is none of them` : `${names[row]}, shown as ${names[column]}`;
  $("chosen").textContent = `${what}: ${confusions[row][column]}`;
  $("cards").replaceChildren(...examples.map((one) => {
    const figure = make("figure"), frame = make("div", { class: "frame" }), caption = make("figcaption");
    if (one.thumbnail) frame.append(make("img", { src: one.thumbnail, alt: `${one.video} at ${one.time_sec.toFixed(1)} s` }));
    const line = make("b");
    line.append(make("span", {}, `${one.time_sec.toFixed(1)} s`), make("span", {}, one.score.toFixed(2)));
    caption.append(line, make("small", {}, one.video));
    figure.append(frame, caption);
    return figure;
  }));
}

function drawCurve() {
  $("growth").hidden = curve.length < 2;
  if (curve.length < 2) return;
  const series = [["map", "mAP", (one) => one.mAP], ["f1", "F1", (one) => one.F1]];
  if (clips) series.push(["clips", "clips that are right", (one) => one.clip_accuracy]);
  const { svg, toX, toY } = axes($("plot"), { height: 260, label: "learning curve", xLabel: "labels that were trained on",
    yLabel: "figure", xTicks: curve.map((one) => [one.fraction, `${Math.round(100 * one.fraction)} %`]) });
  $("keys").replaceChildren(...series.map(([kind, name]) => {
    const key = make("span", { class: "key" });
    key.append(make("i", { class: kind }), make("span", {}, name));
    return key;
  }));
  for (const [kind, , value] of series) {
    const points = curve.filter((one) => value(one) !== null).map((one) => [toX(one.fraction), toY(value(one))]);
    draw(svg, "polyline", { class: `curve ${kind}`, points: joined(points) });
    for (const [x, y] of points) draw(svg, "circle", { class: `spot ${kind}`, cx: x, cy: y, r: 4 });
  }
}

function chooseWorst() {
  let worst = [0, 0], most = -1;
  confusions.forEach((counts, row) => counts.forEach((count, column) => {
    if (row !== column && count > most) [worst, most] = [[row, column], count];
  }));
  choose(...(most > 0 ? worst : [0, 0]));
}

fillHead();
fillTiles();
fillClasses();
fillMatrix();
drawCurve();
chooseWorst();
$("imagenotes").hidden = !data.image_notes.length;
$("imagenotes").textContent = data.image_notes.join(" ");
addEventListener("resize", drawCurve);
