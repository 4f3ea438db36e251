// Draws the plots of the report as SVG, as wide as the boxes that hold them.
const SVG = "http://www.w3.org/2000/svg";
const PARTS = [0, 0.2, 0.4, 0.6, 0.8, 1];
const MARGIN = { left: 46, right: 18, top: 10 };

function draw(parent, tag, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  parent.append(node);
  return node;
}

// The axes of a plot; toX takes 0..1 of the width, toY 0..1 of the height.
function axes(box, { height, label, xLabel, yLabel, xTicks }) {
  const width = Math.max(240, box.clientWidth), lines = Math.max(...xTicks.map(([, ...texts]) => texts.length));
  const right = width - MARGIN.right, bottom = height - 26 - 15 * lines;
  const toX = (part) => MARGIN.left + part * (right - MARGIN.left);
  const toY = (part) => bottom - part * (bottom - MARGIN.top);
  box.replaceChildren();
  const svg = draw(box, "svg", { width, height, role: "img", "aria-label": label });
  for (const part of PARTS) {
    draw(svg, "line", { class: "grid", x1: MARGIN.left, x2: right, y1: toY(part), y2: toY(part) });
    draw(svg, "text", { x: MARGIN.left - 6, y: toY(part) + 4, "text-anchor": "end" }, part.toFixed(1));
  }
  for (const [part, ...texts] of xTicks) {
    draw(svg, "line", { class: "grid", x1: toX(part), x2: toX(part), y1: MARGIN.top, y2: bottom });
    texts.forEach((text, line) =>
      draw(svg, "text", { x: toX(part), y: bottom + 16 + 15 * line, "text-anchor": "middle" }, text));
  }
  draw(svg, "text", { x: (MARGIN.left + right) / 2, y: height - 6, "text-anchor": "middle" }, xLabel);
  draw(svg, "text", { x: 12, y: (MARGIN.top + bottom) / 2, "text-anchor": "middle",
    transform: `rotate(-90 12 ${(MARGIN.top + bottom) / 2})` }, yLabel);
  return { svg, toX, toY };
}

const compact = (value) => value.toLocaleString("en", { notation: "compact" });
const joined = (points) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

// curves: [{ name, color, points: [[recall, precision, score]], best: [recall, precision], isFaint }].
function plotCurves(box, curves, { label, height }) {
  const { svg, toX, toY } = axes(box, { height, label, xLabel: "recall", yLabel: "precision",
    xTicks: PARTS.map((part) => [part, part.toFixed(1)]) });
  const places = [];
  for (const { name, color, points, best, isFaint } of curves) {
    if (!points.length) continue;
    const drawn = points.map(([recall, precision]) => [toX(recall), toY(precision)]);
    draw(svg, "polyline", { class: isFaint ? "line faint" : "line", stroke: color,
      points: joined([[toX(0), drawn[0][1]], ...drawn]) });
    points.forEach((point, index) => places.push({ name, point, at: drawn[index] }));
    draw(svg, "circle", { class: "mark", cx: toX(best[0]), cy: toY(best[1]), r: 4.5, stroke: color });
  }
  if (!places.length) {
    draw(svg, "text", { x: toX(0.5), y: toY(0.5), "text-anchor": "middle" }, "no curve: no ground truth, or nothing found");
    return;
  }
  const dot = draw(svg, "circle", { r: 4, fill: "var(--ink)", visibility: "hidden" });
  svg.addEventListener("pointermove", (event) => {
    const area = svg.getBoundingClientRect(), x = event.clientX - area.left, y = event.clientY - area.top;
    const distance = ({ at }) => (at[0] - x) ** 2 + (at[1] - y) ** 2;
    const near = places.reduce((best, place) => (distance(place) < distance(best) ? place : best));
    const [recall, precision, score] = near.point;
    for (const [key, value] of [["cx", near.at[0]], ["cy", near.at[1]], ["visibility", "visible"]]) {
      dot.setAttribute(key, value);
    }
    showTip(`${near.name}: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)} from score ` +
      score.toFixed(3), area.left + near.at[0], area.top + near.at[1]);
  });
  svg.addEventListener("pointerleave", () => { hideTip(); dot.setAttribute("visibility", "hidden"); });
}

// lines: [{ name, color, values: [0..1 or null], isDashed }], one value for each of the bins.
function plotBins(box, bins, lines, { label, height }) {
  const center = (index) => (index + 0.5) / bins.length;
  const { svg, toX, toY } = axes(box, { height, label, xLabel: "height of the box", yLabel: "AP",
    xTicks: bins.map((texts, index) => [center(index), ...texts]) });
  for (const { name, color, values, isDashed } of lines) {
    const known = values.map((value, index) => [index, value]).filter(([, value]) => value !== null);
    draw(svg, "polyline", { class: isDashed ? "line dash" : "line", stroke: color,
      points: joined(known.map(([index, value]) => [toX(center(index)), toY(value)])) });
    for (const [index, value] of known) {
      const dot = draw(svg, "circle", { cx: toX(center(index)), cy: toY(value), r: 4.5, fill: color });
      tell(dot, `${name}, height ${bins[index][0]}: AP ${value.toFixed(3)}, ${bins[index][1]} of ground truth`);
    }
  }
}

// dots: [{ name, color, count, value, isOn, open }]; the counts are on a logarithmic axis.
function plotDots(box, dots, { label, height }) {
  const counts = dots.map(({ count }) => count);
  const low = Math.floor(Math.log10(Math.min(...counts, 10))), high = Math.ceil(Math.log10(Math.max(...counts, 10) + 1));
  const place = (count) => (Math.log10(count) - low) / (high - low);
  const xTicks = Array.from({ length: high - low + 1 }, (_, index) =>
    [index / (high - low), compact(10 ** (low + index))]);
  const { svg, toX, toY } = axes(box, { height, label, xLabel: "ground truth", yLabel: "AP", xTicks });
  for (const { name, color, count, value, isOn, open } of dots) {
    const dot = draw(svg, "circle", { class: isOn ? "dot on" : "dot", cx: toX(place(count)), cy: toY(value),
      r: isOn ? 7 : 5.5, fill: color });
    tell(dot, `${name}: AP ${value.toFixed(3)}, ${whole(count)} of ground truth`);
    dot.addEventListener("click", open);
  }
}

function tell(node, text) {
  node.addEventListener("pointerenter", () => {
    const area = node.getBoundingClientRect();
    showTip(text, area.left + area.width / 2, area.top);
  });
  node.addEventListener("pointerleave", hideTip);
}

function showTip(text, x, y) {
  const tip = $("tip");
  tip.textContent = text;
  tip.hidden = false;
  tip.style.left = `${Math.max(4, Math.min(x - tip.offsetWidth / 2, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${y > tip.offsetHeight + 14 ? y - tip.offsetHeight - 10 : y + 14}px`;
}

function hideTip() {
  $("tip").hidden = true;
}
