// As the dashboard: page 1 of 100 alone, a row of texts each.
import { ApiError, ask, run } from "./common.mjs";

async function rows(password) {
  const answer = await ask("GET", "/customer?page=1&page_size=100", undefined, password);
  if (!answer.ok) throw new ApiError(`status ${answer.status}`);
  return (await answer.json()).data.map((one) => [
    one.customer_no,
    one.name.trim(),
    one.contact?.name ?? "–",
    one.contact?.email ?? "–",
    one.address?.street_address ?? "–",
    one.address?.city ?? "–",
  ]);
}

await run({ dashboard: () => rows(), "a wrong password": () => rows("wrong") });
