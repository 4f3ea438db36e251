// How the pages draw boxes with lines of text over a video.

// The place of frames of a size in the element of the video, which may be wider or higher.
function frameIn(video, { width, height }) {
  const scale = Math.min(video.offsetWidth / width, video.offsetHeight / height);
  return { scale, left: (video.offsetWidth - width * scale) / 2, top: (video.offsetHeight - height * scale) / 2 };
}

// Draws boxes { id, box, lines, colors } over a video whose frames have that size; dashed ones have no lines.
function paint(canvas, video, drawn, { size, selectedId = -1, isDashed = false }) {
  const sharp = devicePixelRatio || 1, width = video.offsetWidth, height = video.offsetHeight;
  const place = { left: video.offsetLeft, top: video.offsetTop, width, height };
  for (const [key, value] of Object.entries(place)) canvas.style[key] = `${value}px`;
  [canvas.width, canvas.height] = [Math.round(width * sharp), Math.round(height * sharp)];
  const ink = canvas.getContext("2d"), { scale, left, top } = frameIn(video, size);
  ink.scale(sharp, sharp);
  const at = (box) => [left + box[0] * scale, top + box[1] * scale, left + box[2] * scale, top + box[3] * scale];
  for (const { id, box, lines, colors } of drawn) {
    const [x1, y1, x2, y2] = at(box);
    ink.lineWidth = id === selectedId ? 4 : lines.length ? 2.5 : 1.25;
    ink.strokeStyle = colors.color;
    ink.setLineDash(isDashed && !lines.length ? [6, 4] : []);
    ink.strokeRect(x1, y1, x2 - x1, y2 - y1);
  }
  const taken = [];
  const frame = at([0, 0, size.width, size.height]);
  for (const one of drawn) drawLabel(ink, at(one.box), one, { taken, frame });
}

// The longest beginning of a line that is at most so wide, with an ellipsis if it is not all of it.
function shortened(ink, line, room) {
  if (ink.measureText(line).width <= room) return line;
  let count = line.length;
  while (count > 0 && ink.measureText(`${line.slice(0, count)}…`).width > room) count--;
  return `${line.slice(0, count)}…`;
}

// Above its box, else below, else in it, where no other plate lies; above if they all do. A plate stays inside the frame.
function drawLabel(ink, [x1, y1, x2, y2], { id, lines, colors }, { taken, frame: [minX, minY, maxX, maxY] }) {
  const size = Math.max(10, Math.min(13, (maxY - minY) / 36, (y2 - y1) / 5)), step = size * 1.25;
  ink.font = `600 ${size}px system-ui, sans-serif`;
  ink.textBaseline = "top";
  const text = [lines.length ? `#${id} ${lines[0]}` : `#${id}`, ...lines.slice(1)]
    .slice(0, Math.max(1, Math.floor((maxY - minY - 3) / step)))
    .map((line) => shortened(ink, line, maxX - minX - 8));
  const wide = Math.max(...text.map((line) => ink.measureText(line).width)) + 8, high = text.length * step + 3;
  const places = [y1 - high, y2, y1].flatMap((top) => [x1, x2 - wide].map((left) =>
    [Math.max(minX, Math.min(left, maxX - wide)), Math.max(minY, Math.min(top, maxY - high))]));
  const isFree = ([left, top]) => taken.every(([l, t, r, b]) =>
    left >= r || left + wide <= l || top >= b || top + high <= t);
  const [left, top] = places.find(isFree) ?? places[0];
  taken.push([left, top, left + wide, top + high]);
  const { color, text: letters } = colors;
  ink.globalAlpha = 0.88;
  ink.fillStyle = color;
  ink.fillRect(left, top, wide, high);
  ink.globalAlpha = 1;
  ink.fillStyle = letters;
  text.forEach((line, row) => ink.fillText(line, left + 4, top + 2 + row * step));
}
