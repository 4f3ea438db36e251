// What the scripts of the label page share: requests, notices, questions, and drawing once a frame.
const token = new URLSearchParams(location.search).get("token") ?? "";
const tabId = Math.random().toString(36).slice(2, 10);
const NOTICE_MS = 6000;
const project = { folder: "", classes: [], palette: [], has_model: false, videos: [] };

// Seen by tests and scripts: how many clicks, drags and keys it took.
const stadLabel = { actions: 0, clicks: 0, drags: 0, keys: 0 };
window.stadLabel = stadLabel;

function count(kind) {
  stadLabel[kind] += 1;
  stadLabel.actions += 1;
}

const withToken = (path) => `${path}${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}`;

// Gives { status, content }; without a server it throws.
async function ask(method, path, { video, body, timeoutMs = 30000, keepalive = false } = {}) {
  const query = video === undefined ? "" : `?video=${encodeURIComponent(video)}`;
  const reply = await fetch(`/api/${path}${query}`, {
    method, keepalive, cache: "no-store", signal: AbortSignal.timeout(timeoutMs),
    headers: { "X-Stad-Token": token, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await reply.text();
  try {
    return { status: reply.status, content: JSON.parse(text) };
  } catch {
    return { status: reply.status, content: { error: text.slice(0, 300) || `The server answered ${reply.status}.` } };
  }
}

let noticeTimer = 0;
function notice(text, { action = null, isWarning = false, lasts = NOTICE_MS } = {}) {
  clearTimeout(noticeTimer);
  $("notice").replaceChildren(make("span", {}, text));
  $("notice").classList.toggle("warn", isWarning);
  $("notice").hidden = !text;
  if (action) {
    const button = make("button", { type: "button" }, action.text);
    button.onclick = () => { $("notice").hidden = true; action.run(); };
    $("notice").append(button);
  }
  if (text && lasts) noticeTimer = setTimeout(() => { $("notice").hidden = true; }, lasts);
}

// Asks a question in a dialog, one at a time; gives the value of the button, or null when it is closed.
let asking = Promise.resolve();
function choose(title, lines, options, { input = null, canClose = true } = {}) {
  const next = asking.then(() => new Promise((done) => {
    const box = make("dialog", { class: "question", "aria-label": title });
    const form = make("form", { method: "dialog" });
    form.append(make("h2", {}, title), ...lines.map((line) => make("p", {}, line)));
    if (input) form.append(Object.assign(make("input", { "aria-label": input, required: "", autofocus: "" }), { name: "text" }));
    const buttons = make("div", { class: options.length > 4 ? "buttons many" : "buttons" });
    for (const [value, text] of options) buttons.append(make("button", { type: "submit", value }, text));
    if (canClose) buttons.append(make("button", { type: "submit", value: "", formnovalidate: "" }, "Cancel"));
    form.append(buttons);
    box.append(form);
    box.addEventListener("cancel", (event) => { if (!canClose) event.preventDefault(); });
    box.addEventListener("keydown", (event) => moveInButtons(event, buttons));
    box.addEventListener("close", () => {
      box.remove();
      done(box.returnValue ? (input ? form.text.value.trim() || null : box.returnValue) : null);
    });
    document.body.append(box);
    box.showModal();
  }));
  asking = next.catch(() => {});
  return next;
}

function moveInButtons(event, buttons) {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!by || event.target.tagName === "INPUT") return;
  const all = [...buttons.children], at = all.indexOf(document.activeElement);
  all[(at + by + all.length) % all.length].focus();
  event.preventDefault();
}

// Everything that depends on what is selected or labelled is drawn at most once a frame.
const painters = [];
let isRenderDue = false;
function render() {
  if (isRenderDue) return;
  isRenderDue = true;
  requestAnimationFrame(() => {
    isRenderDue = false;
    for (const painter of painters) painter();
  });
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));
// Classes take the first colours of the palette, actors the second half.
const actorColors = (id) => project.palette[(id + project.palette.length / 2) % project.palette.length] ?? { color: "#888888", text: "#000000" };
const classColors = (label) => project.classes.find((one) => one.name === label) ?? { color: "#8a8f99", text: "#000000" };

// Choices of the user that stay from one visit to the next; a browser may refuse to keep them.
function preference(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`stad-label/${name}`);
    localStorage.setItem(`stad-label/${name}`, value);
  } catch { /* They are a convenience. */ }
  return null;
}
