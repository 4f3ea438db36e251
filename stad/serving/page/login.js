// Trade the token for a cookie, then open the page again.
$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ token: $("token").value.trim() });
  let message = "";
  try {
    const answer = await fetch("/login", { method: "POST", headers, body });
    if (answer.ok) return location.reload();
    message = (await answer.json()).error;
  } catch {
    message = "The service cannot be reached. Try again.";
  }
  $("error").textContent = message;
  $("error").hidden = false;
});
