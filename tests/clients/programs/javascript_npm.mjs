// As the small packages of npm: page 1 of 100 alone, and updates; what comes is given on.
import { ask, run } from "./common.mjs";

async function api(method, path, body) {
  const answer = await ask(method, path, body);
  return (await answer.json()).data;
}

await run({
  customers: () => api("GET", "/customer?page=1&page_size=100"),
  update: () => api("PUT", "/customer/9006", { name: "Över Älven AB", contact: { email: "over@example.com" } }),
  renumbering: () => api("PUT", "/customer/9008", { customer_no: 9150 }),
  "an unknown customer": () => api("PUT", "/customer/987654", { notes: "nobody" }),
});
