const shown = document.getElementById("overview");
const answer = await fetch("/api/overview");
shown.textContent = JSON.stringify(await answer.json(), null, 2);
