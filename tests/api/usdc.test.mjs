// Topping up with USDC (API documentation §15), against a real Ethereum node with a real ERC-20: what is sent to an
// account's address becomes its credit, once, whatever happens to the node, the chain, control or the database
// meanwhile.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { HDNodeWallet, Mnemonic } from "ethers";
import { Chain, micros, RpcProxy } from "./eth/chain.mjs";
import { eventually, startWorld } from "../lib/world.mjs";
import { program, startProcess } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";

const WORDS = "test test test test test test test test test test test junk";
const ADDRESS = "/api/billing/usdc/address",
  HISTORY = "/api/billing/history";
const CONFIRMATIONS = 12;

let chain, proxy, world;

before(async () => {
  chain = await new Chain().start();
  proxy = await new RpcProxy(`http://127.0.0.1:${chain.port}`).start();
  world = await startWorld({
    name: "usdc",
    env: {
      CRYPTO_MNEMONIC: WORDS,
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

const addressOf = async (account) => (await world.must(200, "GET", ADDRESS, { cookie: account.cookie })).address;
const history = (account) => world.must(200, "GET", HISTORY, { cookie: account.cookie });
const balance = async (account) => (await history(account)).balance;

/** An account that was told its address. */
async function payee(make = () => world.account()) {
  const account = await make();
  account.address = await addressOf(account);
  return account;
}

/** Control has read the chain as far as it may. */
async function readAll(patienceMs = 20_000) {
  const target = (await chain.head()) - CONFIRMATIONS + 1;
  await eventually(
    `blocks are read up to ${target}`,
    async () => {
      const [{ block }] = await world.sql("SELECT coalesce(max(block_number), -1)::int AS block FROM deposit_scans");
      assert.ok(block >= target, `${block} of ${target}`);
    },
    patienceMs,
  );
}

async function confirm() {
  await chain.mine(CONFIRMATIONS);
  await readAll();
}

async function books() {
  const [{ wrong }] = await world.sql(`SELECT count(*)::int AS wrong FROM users u
    WHERE balance <> (SELECT coalesce(sum(amount_usd), 0) FROM transactions t WHERE t.user_id = u.id)`);
  assert.equal(wrong, 0, "every balance is the sum of its movements");
  const [{ lost }] = await world.sql(`SELECT (SELECT coalesce(sum(amount), 0) FROM deposits)
    - (SELECT coalesce(sum(uncredited), 0) FROM deposit_addresses)
    - (SELECT coalesce(sum(amount_usd), 0) FROM transactions WHERE type = 'usdc_deposit') AS lost`);
  assert.equal(Number(lost), 0, "every deposit is credited or waits");
}

describe("GET /api/billing/usdc/address", () => {
  const derived = (index) =>
    HDNodeWallet.fromSeed(Mnemonic.fromPhrase(WORDS).computeSeed()).derivePath(`m/44'/60'/0'/0/${index}`).address;

  test("is the account's own, as every wallet derives it", async () => {
    for (let i = 0; i < 5; i++) {
      const account = await world.account();
      assert.equal(await addressOf(account), derived(account.id));
      assert.equal(await addressOf(account), derived(account.id), "the same each time");
    }
  });

  test("is the company's for all of its members", async () => {
    const owner = await world.company(),
      member = await world.account();
    const [{ id }] = await world.sql("SELECT max(id)::int AS id FROM companies");
    assert.equal(await addressOf(owner), derived(2 ** 30 + id));
    assert.equal(await addressOf(member), derived(member.id));
    await world.must(200, "POST", "/api/company/join", {
      cookie: member.cookie,
      body: { inviteCode: owner.inviteCode },
    });
    assert.equal(await addressOf(member), derived(2 ** 30 + id));
  });

  test("needs a session", async () => {
    const account = await world.account();
    assert.equal((await world.api("GET", ADDRESS)).status, 401);
    assert.equal((await world.api("GET", ADDRESS, { key: account.apiKey })).status, 401);
  });

  test("is told by a database that will look for deposits to it, or not at all", async () => {
    const account = await world.account();
    await world.server.database("stop");
    try {
      assert.equal((await world.api("GET", ADDRESS, { cookie: account.cookie })).status, 503);
    } finally {
      await world.server.database("start");
    }
    await eventually("the address is told again", () => addressOf(account));
  });
});

describe("a deposit", () => {
  test("is credited when it has twelve confirmations, and not before", async () => {
    const anna = await payee();
    const hash = await chain.send(anna.address, "20.5");
    await chain.mine(CONFIRMATIONS - 1);
    await readAll();
    assert.deepEqual(await history(anna), { balance: "0.0000", transactions: [] });
    await chain.mine(1);
    await readAll();
    const { balance: credited, transactions } = await history(anna);
    assert.equal(credited, "20.5000");
    assert.equal(transactions.length, 1);
    const { amount_usd, type, description } = transactions[0];
    assert.deepEqual(
      { amount_usd, type, description },
      {
        amount_usd: "20.5000",
        type: "usdc_deposit",
        description: `USDC deposit $20.5 (${hash.slice(0, 8)}…${hash.slice(-4)})`,
      },
    );
    await confirm();
    assert.equal(await balance(anna), "20.5000", "once");
  });

  test("to a company's address is the company's", async () => {
    const owner = await payee(() => world.company());
    await chain.send(owner.address, "5");
    await confirm();
    assert.equal(await balance(owner), "5.0000");
  });

  test("of less than five dollars waits until the sum reaches five; nothing is lost", async () => {
    const anna = await payee();
    for (const amount of ["1", "3.999999"]) {
      await chain.send(anna.address, amount);
      await confirm();
      assert.equal(await balance(anna), "0.0000");
    }
    await chain.send(anna.address, "0.000051");
    await confirm();
    assert.equal(await balance(anna), "5.0000", "4 places; 0.00005 waits");
    await chain.send(anna.address, "4.99995");
    await confirm();
    assert.equal(await balance(anna), "10.0000");
    assert.equal((await history(anna)).transactions.length, 2);
    await books();
  });

  test("is found among many in one block, and in one transaction", async () => {
    const people = [await payee(), await payee(), await payee()],
      [anna, bert, carl] = people;
    const expected = new Map(people.map((p) => [p, 0n]));
    const add = (person, amount) => expected.set(person, expected.get(person) + micros(amount));
    for (let i = 0; i < 30; i++) {
      const person = people[i % 3],
        amount = `${5 + i}.${String(i).padStart(2, "0")}`;
      await chain.send(person.address, amount);
      add(person, amount);
    }
    const [to, amounts] = [
      [anna, bert, anna, carl, anna],
      ["6", "7", "6", "8", "9.5"],
    ];
    await chain.scatter(
      to.map((p) => p.address),
      amounts,
    );
    to.forEach((person, i) => add(person, amounts[i]));
    await confirm();
    for (const person of people) assert.equal(micros(await balance(person)), expected.get(person));
    assert.equal((await history(anna)).transactions.length, 10 + 3);
    await books();
  });

  test("is only USDC, and only what comes in", async () => {
    const anna = await payee(),
      other = await chain.deploy();
    await chain.send(anna.address, "1000", other);
    await chain.send(anna.address, "0");
    await chain.payer.sendUncheckedTransaction({ to: anna.address, value: 10n ** 18n, gasLimit: 21000 });
    await chain.call(chain.token, "approve", anna.address, micros("500"));
    await confirm();
    assert.deepEqual(await history(anna), { balance: "0.0000", transactions: [] });
    await chain.call(chain.token, "mint", anna.address, 2n ** 255n);
    await chain.send(anna.address, "6");
    await confirm();
    assert.equal(await balance(anna), "6.0000", "what nobody can have is no deposit");
    assert.match(world.controlLog(), /usdc_refused transfers=1/);
  });

  test("to an address that was told while its owner had no company goes to the company later", async () => {
    const member = await payee(),
      owner = await world.company();
    await world.must(200, "POST", "/api/company/join", {
      cookie: member.cookie,
      body: { inviteCode: owner.inviteCode },
    });
    await chain.send(member.address, "9");
    await confirm();
    assert.equal(await balance(owner), "9.0000");
    assert.equal(await balance(member), "9.0000");
  });
});

describe("a reorganisation", () => {
  test("before the confirmations takes the deposit away", async () => {
    const anna = await payee();
    await chain.send(anna.address, "20");
    await chain.mine(6);
    await readAll();
    await chain.reorganise(6);
    await confirm();
    assert.equal(await balance(anna), "0.0000");
  });

  test("that moves it to another block changes nothing", async () => {
    const anna = await payee();
    const hash = await chain.send(anna.address, "20");
    await chain.mine(4);
    const raw = await chain.rpc("eth_getRawTransactionByHash", hash);
    await chain.reorganise(4);
    await chain.send(anna.address, "7"); // takes its place in the order of the payer's transactions
    await chain.mine(2);
    await assert.rejects(chain.sendAgain(raw), /nonce/);
    await confirm();
    assert.equal(await balance(anna), "7.0000");
  });

  test("deeper than the confirmations neither loses a deposit nor credits one twice", async () => {
    const anna = await payee(),
      bert = await payee();
    const hash = await chain.send(anna.address, "20");
    await chain.mine(CONFIRMATIONS + 10);
    await readAll();
    assert.equal(await balance(anna), "20.0000");
    const raw = await chain.rpc("eth_getRawTransactionByHash", hash),
      before = await chain.blockOf(hash);
    await chain.reorganise(CONFIRMATIONS + 10);
    await chain.mine(3);
    await chain.sendAgain(raw);
    await chain.send(bert.address, "30");
    await confirm();
    await eventually("what took its place is found", async () => assert.equal(await balance(bert), "30.0000"));
    assert.notEqual(await chain.blockOf(hash), before, "it is in another block");
    assert.equal(await balance(anna), "20.0000");
    assert.equal((await history(anna)).transactions.length, 1);
    assert.match(world.controlLog(), /usdc_reorganised/);
    const [{ block }] = await world.sql(`SELECT block_number::int AS block FROM deposits WHERE tx_hash = '${hash}'`);
    assert.equal(block, await chain.blockOf(hash));
    await books();
  });

  test("that takes a credited deposit away for good is told to the operator", async () => {
    const anna = await payee();
    const hash = await chain.send(anna.address, "20");
    await chain.mine(CONFIRMATIONS + 3);
    await readAll();
    await chain.reorganise(CONFIRMATIONS + 3);
    await chain.mine(CONFIRMATIONS + 3);
    await eventually("it is marked", async () =>
      assert.deepEqual(
        await world.sql(
          `SELECT count(*)::int AS n FROM deposits WHERE tx_hash = '${hash}' AND vanished_at IS NOT NULL`,
        ),
        [{ n: 1 }],
      ),
    );
    assert.match(world.controlLog(), /usdc_vanished deposits=1/);
    assert.equal(await balance(anna), "20.0000");
  });
});

describe("whatever happens meanwhile", () => {
  test("a deposit that comes while control is down is found when it is back", async () => {
    const anna = await payee();
    await world.server.killControl();
    await chain.send(anna.address, "20");
    await chain.mine(300); // an hour of blocks
    await chain.send(anna.address, "30");
    await chain.mine(CONFIRMATIONS);
    await world.server.startControl();
    await readAll();
    assert.equal(await balance(anna), "50.0000");
  });

  test("kill -9 at any moment loses nothing and credits nothing twice", async () => {
    const people = [await payee(), await payee()],
      sums = [0n, 0n];
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 6; i++) {
        const amount = `${1 + ((round * 7 + i * 3) % 9)}.${String(round * 6 + i).padStart(6, "0")}`,
          who = (round + i) % 2;
        await chain.send(people[who].address, amount);
        sums[who] += micros(amount);
        if (i % 2) await chain.mine(3);
      }
      await chain.mine(CONFIRMATIONS);
      await pause((round * 37) % 160);
      await world.restartControl();
    }
    await confirm();
    for (const [i, person] of people.entries()) {
      const [{ waits }] = await world.sql(
        `SELECT uncredited::text AS waits FROM deposit_addresses WHERE address = '${person.address.toLowerCase()}'`,
      );
      assert.ok(micros(waits) < micros("5"));
      assert.equal(micros(await balance(person)) + micros(waits), sums[i]);
    }
    await books();
  });

  test("a node that answers wrongly, late or not at all delays a deposit and nothing else", async () => {
    const anna = await payee();
    let sum = 0;
    const wrongs = {
      "an error": () => ({ body: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32000, message: "oops" } }) }),
      "status 500": () => ({ status: 500, body: "Internal Server Error" }),
      "status 429": () => ({ status: 429, body: "{}" }),
      garbage: () => ({ body: "<html>" }),
      "half an answer": () => ({ body: `{"jsonrpc":"2.0","id":1,"resu` }),
      "another's answer": () => ({ change: (answer) => ({ ...answer, id: 999_999_999 }) }),
      null: () => ({ change: (answer) => ({ ...answer, result: null }) }),
      "a closed connection": () => ({ reset: true }),
      "too much": () => ({ body: " ".repeat(5 << 20) }),
      "logs of another shape": ({ method }) =>
        method === "eth_getLogs" ? { change: (answer) => ({ ...answer, result: [{}, ...answer.result] }) } : undefined,
      "another hash": ({ method }) =>
        method === "eth_getBlockByNumber" && Math.random() < 0.7
          ? { change: (answer) => ({ ...answer, result: { ...answer.result, hash: `0x${"7".repeat(64)}` } }) }
          : undefined,
      "no silence, but late": () => ({ delayMs: 300 }),
    };
    for (const [what, spoil] of Object.entries(wrongs)) {
      proxy.spoil = spoil;
      await chain.send(anna.address, "5");
      sum += 5;
      await chain.mine(CONFIRMATIONS);
      const began = Date.now();
      await balance(anna);
      assert.ok(Date.now() - began < 5000, `${what}: others don't wait`);
      await pause(250);
      proxy.spoil = () => undefined;
      await readAll(60_000);
      assert.equal(await balance(anna), `${sum}.0000`, what);
    }
    assert.match(world.controlLog(), /usdc_waiting reason=/);
    assert.match(world.controlLog(), /usdc_reading after_failures=/);
    assert.ok(!world.controlLog().includes("a-key-that-is-not-logged"));
  });

  test("a node that is silent is given up and asked again", async () => {
    const anna = await payee();
    let hung = 0;
    proxy.spoil = () => (hung++ === 0 ? { hang: true } : undefined);
    await chain.send(anna.address, "5");
    await chain.mine(CONFIRMATIONS);
    await eventually("it hangs", () => assert.ok(hung > 0));
    await readAll(40_000);
    assert.equal(await balance(anna), "5.0000");
  });

  test("a node that takes only short ranges is asked for short ranges", async () => {
    const anna = await payee();
    const tooLong = ({ method, params }) =>
      method === "eth_getLogs" && Number(params[0].toBlock) - Number(params[0].fromBlock) + 1 > 10
        ? {
            body: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32600, message: "up to a 10 block range" } }),
          }
        : undefined;
    proxy.spoil = tooLong;
    await chain.send(anna.address, "20");
    await chain.mine(100);
    await chain.send(anna.address, "30");
    await confirm();
    assert.equal(await balance(anna), "50.0000");
  });

  test("while the database is away deposits wait", async () => {
    const anna = await payee();
    await world.server.database("stop");
    await chain.send(anna.address, "20");
    await chain.mine(CONFIRMATIONS);
    await pause(300);
    await world.server.database("start");
    await readAll(60_000);
    await eventually("it is credited", async () => assert.equal(await balance(anna), "20.0000"));
  });

  test("an address that was told before the node was first reached gets what came since", async () => {
    const anna = await payee();
    await world.server.killControl();
    await world.sql("DELETE FROM deposit_scans"); // as if the node had never been reached
    await chain.send(anna.address, "20");
    await chain.mine(CONFIRMATIONS);
    await world.server.startControl();
    await readAll();
    assert.equal(await balance(anna), "20.0000");
    await books();
  });
});

describe("the configuration", () => {
  /** Starts control with this environment; answers what it said before it gave up. */
  async function refusal(env) {
    const child = await startProcess("usdc-refused", program("control", "onepizza-control"), [], {
      PORT: "0",
      DATABASE_PUBLIC_URL: "host=/nonexistent",
      SESSION_SECRET: "x".repeat(32),
      ADMIN_EMAIL: "a@example.org",
      ADMIN_PASSWORD: "12345678",
      SFU_SOCKET: "/tmp/onepizza-nowhere.sock",
      ...env,
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
    const code = await new Promise((resolve) => child.once("close", resolve));
    assert.ok(code === 1 || code === 2, `it ended with ${code}`);
    return said;
  }

  test("a mnemonic that is none is refused at the start, and its words aren't told", async () => {
    for (const [mnemonic, why] of [
      ["twelve words", /12 words/],
      ["zebra ".repeat(11) + "secretword", /word 12/],
      ["zebra ".repeat(12), /checksum/],
    ]) {
      const said = await refusal({ CRYPTO_MNEMONIC: mnemonic });
      assert.match(said, /CRYPTO_MNEMONIC/);
      assert.match(said, why);
      assert.doesNotMatch(said, /zebra|secretword|twelve/);
    }
    assert.match(await refusal({ CRYPTO_MNEMONIC: WORDS, USDC_CONTRACT: `0x${"zz".repeat(20)}` }), /USDC_CONTRACT/);
  });

  test("real USDC isn't looked for on another chain", async () => {
    await world.restartControl({ USDC_CONTRACT: "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48" });
    await eventually("it says so", () =>
      assert.match(world.controlLog(), /usdc_waiting reason=the_node_is_of_chain_31337/),
    );
  });

  test("the mnemonic doesn't stay in the process", async () => {
    const environ = readFileSync(`/proc/${world.server.control.pid}/environ`, "latin1");
    assert.match(environ, /CRYPTO_MNEMONIC=/);
    assert.ok(!environ.includes("junk"));
  });

  test("without a mnemonic there is no address", async () => {
    await world.restartControl({ CRYPTO_MNEMONIC: "" });
    const anna = await world.account();
    const { status, json } = await world.api("GET", ADDRESS, { cookie: anna.cookie });
    assert.equal(status, 503);
    assert.match(json.error, /not configured/);
  });
});
