// Begin: show the limits, listen for events.
const AGAIN_MS = 3000;

function listen() {
  const stream = new EventSource("/api/events");
  const on = (kind, action) => stream.addEventListener(kind, (event) => action(JSON.parse(event.data)));
  on("hello", async () => {
    $("lost").hidden = true;
    await loadJobs();
    if (!$("livebox").hidden) await loadLive();
  });
  on("job", showJob);
  on("removed", ({ id }) => dropJob(id));
  on("live", showLive);
  on("live-removed", ({ id }) => dropLive(id));
  stream.onerror = () => {
    $("lost").hidden = false;
    // It tries again by itself unless it was refused.
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(async () => { await ask("GET", "/api/jobs?limit=1").catch(() => {}); listen(); }, AGAIN_MS);
  };
}

const kept = data.keepDays ? `, results are kept for ${plural(data.keepDays, "day", "days")}` : "";
$("limits").textContent = `Up to ${sizeText(data.maxBytes)} and ${clock(data.maxLengthSec, 0)} a video${kept}.`;
$("logout").hidden = !data.hasToken;
$("logout").addEventListener("click", async () => { await ask("POST", "/logout"); location.reload(); });
setUpNamed();
setUpLive();
listen();
