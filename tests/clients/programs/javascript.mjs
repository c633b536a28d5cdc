// As davecalnan/billogram: customers of a company_type, ordered by customer_no desc; updates; errors by status.
import { ApiError, ask, run } from "./common.mjs";

async function api(method, path, body, password) {
  const answer = await ask(method, path, body, password);
  const told = await answer.json();
  if (!answer.ok) throw new ApiError(told.status);
  return told.data;
}

const list = (type, password) =>
  api("GET", `/customer?page=1&page_size=100&filter_type=field&filter_field=company_type&filter_value=${type}`
    + "&order_field=customer_no&order_direction=desc", undefined, password);
const numbers = async (type) => (await list(type)).map((one) => one.customer_no);
const update = (number, body) => api("PUT", `/customer/${number}`, body);

await run({
  businesses: () => numbers("business"),
  individuals: () => numbers("individual"),
  "the latest business": async () => (await list("business"))[0],
  update: () => update(9006, { name: "Över Älven AB", contact: { email: "over@example.com" } }),
  "update of one field": () => update(9007, { notes: "touched" }),
  "businesses afterwards": () => list("business"),
  renumbering: async () => [await update(9008, { customer_no: 9150 }), await update(9150, { notes: "new" })],
  "an unknown customer": () => update(987654, { notes: "nobody" }),
  "a bad value": () => update(9009, { company_type: "bank" }),
  "a wrong password": () => list("business", "wrong"),
});
