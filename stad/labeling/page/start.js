// Puts the parts together.
painters.push(drawLanes, paintStage, fillClasses, fillChosen, fillTools, showSaved, drawVideos);
Object.defineProperties(stadLabel, {
  session: { get: () => session }, selection: { get: () => sel }, project: { get: () => project }, time: { get: () => timeSec },
});

listenStage();
listenLanes();
listenClasses();
listenDrawing();
listenCommands();
listenVideos();
$("retry").onclick = retryNow;
addEventListener("beforeunload", leave);
addEventListener("pagehide", flush);
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush());
addEventListener("online", retryNow);
render();
refreshProject();
