// A real Ethereum node that leaves a deposit out of its answers, as one of many behind one address does that hasn't got
// the block yet: nothing is lost by believing it.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Chain, RpcProxy } from "./eth/chain.mjs";
import { eventually, startWorld } from "../lib/world.mjs";
import { pause } from "../lib/wait.mjs";

const CONFIRMATIONS = 12;

let chain, proxy, world;
before(async () => {
  chain = await new Chain().start();
  proxy = await new RpcProxy(`http://127.0.0.1:${chain.port}`).start();
  world = await startWorld({
    name: "usdc-doubts",
    env: {
      CRYPTO_MNEMONIC: "test test test test test test test test test test test junk",
      ETH_RPC_URL: proxy.url,
      USDC_CONTRACT: await chain.token.getAddress(),
      ETH_POLL_MS: "50",
    },
  });
});
after(async () => {
  await world?.stop();
  proxy?.stop();
  await chain?.stop();
});
beforeEach(() => (proxy.spoil = () => undefined));

const nothing = { change: (answer) => ({ ...answer, result: [] }) };

async function payee() {
  const account = await world.account();
  const { cookie } = account;
  account.address = (await world.must(200, "GET", "/api/billing/usdc/address", { cookie })).address;
  return account;
}
const balance = async ({ cookie }) => (await world.must(200, "GET", "/api/billing/history", { cookie })).balance;
const credited = (account, sum) =>
  eventually("it is credited", async () => assert.equal(await balance(account), sum), 30_000);

test("a deposit that the first answer leaves out is found: the block's bloom has it", { timeout: 60_000 }, async () => {
  const anna = await payee();
  let times = 0;
  proxy.spoil = ({ method }) =>
    method === "eth_getLogs"
      ? { change: (answer) => (answer.result.length && !times++ ? { ...answer, result: [] } : answer) }
      : undefined;
  await chain.send(anna.address, "20");
  await chain.mine(CONFIRMATIONS);
  await credited(anna, "20.0000");
  assert.ok(times > 1);
});

test("of two in one block one is left out: both are found", { timeout: 60_000 }, async () => {
  const anna = await payee(),
    bert = await payee();
  let times = 0;
  proxy.spoil = ({ method }) =>
    method === "eth_getLogs"
      ? {
          change: (answer) =>
            answer.result.length > 1 && !times++ ? { ...answer, result: answer.result.slice(1) } : answer,
        }
      : undefined;
  await chain.scatter([anna.address, bert.address], ["20", "30"]);
  await chain.mine(CONFIRMATIONS);
  await credited(anna, "20.0000");
  await credited(bert, "30.0000");
  assert.ok(times > 0);
});

test("as long as a node leaves it out its block isn't taken for read", { timeout: 60_000 }, async () => {
  const anna = await payee();
  proxy.spoil = ({ method }) => (method === "eth_getLogs" ? nothing : undefined);
  const hash = await chain.send(anna.address, "20");
  await chain.mine(CONFIRMATIONS);
  const block = await chain.blockOf(hash);
  await pause(1500);
  const [{ read }] = await world.sql("SELECT max(block_number)::int AS read FROM deposit_scans");
  assert.ok(read < block, `${read} of ${block}`);
  assert.match(world.controlLog(), /usdc_waiting reason=the_node's_logs_leave_out/);
  proxy.spoil = () => undefined;
  await credited(anna, "20.0000");
});

test("what no bloom tells is found when the last blocks are read again", { timeout: 60_000 }, async () => {
  const anna = await payee();
  let times = 0;
  const blind = (answer) =>
    answer.result?.logsBloom ? { ...answer, result: { ...answer.result, logsBloom: undefined } } : answer;
  proxy.spoil = ({ method }) =>
    method === "eth_getLogs"
      ? { change: (answer) => (answer.result.length && !times++ ? { ...answer, result: [] } : answer) }
      : { change: blind };
  await chain.send(anna.address, "20");
  await chain.mine(CONFIRMATIONS);
  await credited(anna, "20.0000");
  assert.ok(times > 1);
  const [{ n }] = await world.sql(`SELECT count(*)::int AS n FROM transactions WHERE user_id = ${anna.id}`);
  assert.equal(n, 1, "once");
});

test("other tokens and what is spent from an address keep nobody waiting", { timeout: 60_000 }, async () => {
  const anna = await payee(),
    other = await chain.deploy();
  await chain.send(anna.address, "1000", other);
  await chain.send(anna.address, "20");
  await chain.mine(1);
  await chain.send(anna.address, "1000", other);
  await chain.send("0x00000000000000000000000000000000000000aa", "1");
  await chain.mine(CONFIRMATIONS);
  const target = (await chain.head()) - CONFIRMATIONS + 1;
  await eventually("all is read", async () => {
    const [{ read }] = await world.sql("SELECT max(block_number)::int AS read FROM deposit_scans");
    assert.ok(read >= target, `${read} of ${target}`);
  });
  assert.equal(await balance(anna), "20.0000");
});
