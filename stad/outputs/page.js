// What the scripts of the pages share: the data, and making elements.
"use strict";
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;

function make(tag, attributes = {}, text = "") {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return node;
}

// Seconds as m:ss.s, from an hour on h:mm:ss.s.
function clock(sec, digits = 1) {
  const unit = 10 ** digits, ticks = Math.round(sec * unit), whole = Math.floor(ticks / unit);
  const two = (value) => String(value).padStart(2, "0");
  const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60;
  const rest = two(whole % 60) + (digits ? "." + String(ticks % unit).padStart(digits, "0") : "");
  return h ? `${h}:${two(m)}:${rest}` : `${m}:${rest}`;
}
