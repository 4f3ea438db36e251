// Live sources: start, stop, and the last events of each.
const lives = new Map(), MAX_SHOWN = 5;

function setUpLive() {
  $("livebox").hidden = !data.live.length && !data.takesLiveUrls;
  for (const name of data.live) $("livenames").append(make("option", { value: name }));
  const names = data.live.join(", ") || "none";
  $("livesource").placeholder = data.takesLiveUrls ? "name or address of a camera (rtsp://…)" : `name of a camera: ${names}`;
  $("livesource").setAttribute("aria-label", $("livesource").placeholder);
  if (data.live.length === 1) $("livesource").value = data.live[0];
  $("livestart").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      showLive(await ask("POST", "/api/live", { source: $("livesource").value.trim() }));
      $("liveerror").hidden = true;
    } catch (error) {
      $("liveerror").textContent = error.message;
      $("liveerror").hidden = false;
    }
  });
}

const isOver = (run) => run.state === "ended" || run.state === "failed";

function showLive(run) {
  let shown = lives.get(run.id);
  if (!shown) {
    shown = { row: make("li", { class: "row", "data-live": run.id }), events: make("ul", { class: "events wide" }) };
    lives.set(run.id, shown);
    $("lives").prepend(shown.row);
    shown.stream = new EventSource(`/api/live/${run.id}/events`);
    shown.stream.addEventListener("event", (event) => showEvent(shown, JSON.parse(event.data)));
    shown.stream.addEventListener("over", () => shown.stream.close());
  }
  const head = make("div"), buttons = make("div", { class: "buttons" });
  const status = run.status || (isOver(run) ? "" : run.lines[run.lines.length - 1] || "");
  head.append(make("div", { class: "name" }, run.source), makeState(run.state, run.state), make("span", { class: "soft" }, ` ${status}`));
  if (!isOver(run)) buttons.append(makeButton("Stop", `stop ${run.source}`, () => ask("DELETE", `/api/live/${run.id}`)));
  shown.row.replaceChildren(head, buttons);
  if (run.message) shown.row.append(make("p", { class: "error wide" }, run.message));
  shown.row.append(shown.events);
}

function showEvent(shown, event) {
  const time = new Date(event.began_at).toLocaleTimeString();
  const what = event.event === "start" ? "begins" : `ends after ${(event.end_sec - event.start_sec).toFixed(1)} s`;
  shown.events.prepend(make("li", {}, `${time} · person ${event.actor} · ${event.label} ${what} (${event.score.toFixed(2)})`));
  while (shown.events.children.length > MAX_SHOWN) shown.events.lastChild.remove();
}

function dropLive(id) {
  lives.get(id)?.stream.close();
  lives.get(id)?.row.remove();
  lives.delete(id);
}

async function loadLive() {
  for (const run of (await ask("GET", "/api/live")).live.reverse()) showLive(run);
}
