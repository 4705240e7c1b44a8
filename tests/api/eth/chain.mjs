// A real Ethereum node on loopback (Anvil) that mines when it is told to, with a real token on it (OpenZeppelin's
// ERC-20), and a proxy before it that can be made to answer late, wrongly or not at all.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { Contract, ContractFactory, FetchRequest, JsonRpcProvider } from "ethers";
import { freeTcpPort, startProcess, stopProcess } from "../../lib/servers.mjs";
import { eventually, pause } from "../../lib/wait.mjs";

const require = createRequire(import.meta.url);
const CHAIN_ID = 31337;

/** The node's program: ANVIL, or that of the npm package for this platform. */
function anvil() {
  if (process.env.ANVIL) return process.env.ANVIL;
  const name = `@foundry-rs/anvil-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  try {
    return require.resolve(`${name}/bin/anvil`);
  } catch (cause) {
    throw new Error(`${name} isn't installed: set ANVIL to Foundry's program of that name`, { cause });
  }
}

let compiled;
/** {abi, bytecode} of TestUSDC.sol. */
function compile() {
  if (compiled) return compiled;
  const solc = require("solc");
  const sources = { "TestUSDC.sol": { content: readFileSync(new URL("TestUSDC.sol", import.meta.url), "utf8") } };
  const input = {
    language: "Solidity",
    sources,
    settings: { outputSelection: { "*": { TestUSDC: ["abi", "evm.bytecode.object"] } } },
  };
  const find = (name) => ({
    contents: readFileSync(
      path.join(path.dirname(require.resolve("@openzeppelin/contracts/package.json")), "..", "..", name),
      "utf8",
    ),
  });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }));
  const errors = (output.errors ?? []).filter((e) => e.severity === "error");
  assert.deepEqual(errors, []);
  const { abi, evm } = output.contracts["TestUSDC.sol"].TestUSDC;
  return (compiled = { abi, bytecode: evm.bytecode.object });
}

export class Chain {
  async start() {
    this.port = await freeTcpPort();
    const args = [
      "--host",
      "127.0.0.1",
      "--port",
      String(this.port),
      "--chain-id",
      String(CHAIN_ID),
      "--no-mining",
      "--order",
      "fifo",
    ];
    this.node = await startProcess("anvil", anvil(), args, {});
    const url = `http://127.0.0.1:${this.port}`;
    this.provider = new JsonRpcProvider(new FetchRequest(url), CHAIN_ID, {
      staticNetwork: true,
      cacheTimeout: -1,
      batchMaxCount: 1,
    });
    await eventually("the Ethereum node", () => this.rpc("eth_chainId"));
    this.payer = await this.provider.getSigner(0);
    this.token = await this.deploy();
    return this;
  }

  rpc(method, ...params) {
    return this.provider.send(method, params);
  }

  /** Another token of the same kind. */
  async deploy() {
    const { abi, bytecode } = compile();
    const sent = await new ContractFactory(abi, bytecode, this.payer).getDeployTransaction();
    const hash = await this.payer.sendUncheckedTransaction(sent);
    await this.mine();
    const { contractAddress } = await this.rpc("eth_getTransactionReceipt", hash);
    return new Contract(contractAddress, abi, this.payer);
  }

  async mine(blocks = 1) {
    await this.rpc("anvil_mine", `0x${blocks.toString(16)}`, "0x1");
  }

  async head() {
    return Number(await this.rpc("eth_blockNumber"));
  }

  /** Sends USDC ("20.5") into the pool; it is in the next block. Answers the transaction's hash. */
  async send(to, amount, token = this.token) {
    return this.call(token, "transfer", to, micros(amount));
  }

  async scatter(to, amounts) {
    return this.call(this.token, "scatter", to, amounts.map(micros));
  }

  async call(token, method, ...args) {
    const transaction = await token[method].populateTransaction(...args);
    return this.payer.sendUncheckedTransaction({ ...transaction, gasLimit: 3_000_000 });
  }

  async blockOf(hash) {
    return Number((await this.rpc("eth_getTransactionReceipt", hash)).blockNumber);
  }

  /** Takes the last `depth` blocks back and puts as many empty ones there. Their transactions are forgotten. */
  async reorganise(depth) {
    await this.rpc("anvil_reorg", depth, []);
    await this.rpc("anvil_dropAllTransactions");
  }

  /** A signed transaction, as eth_getRawTransactionByHash gave it, once more. */
  async sendAgain(raw) {
    return this.rpc("eth_sendRawTransaction", raw);
  }

  async stop() {
    this.provider?.destroy();
    if (this.node) await stopProcess(this.node, "anvil");
  }
}

/** "20.5" USDC in millionths. */
export function micros(amount) {
  const [whole, fraction = ""] = String(amount).split(".");
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0") || 0);
}

/**
 * Before the node. spoil(request): undefined: the node's own answer; {status, body, delayMs, hang, reset} instead of
 * it, or {change: (answer) => answer}. It counts what it was asked by method.
 */
export class RpcProxy {
  asked = {};
  spoil = () => undefined;

  constructor(target) {
    this.target = target;
  }

  async start() {
    this.server = http.createServer((request, response) => this.#take(request, response));
    this.server.on("connection", (socket) => socket.on("error", () => {}));
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}/v2/a-key-that-is-not-logged`;
    return this;
  }

  async #take(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const asked = JSON.parse(Buffer.concat(parts));
    this.asked[asked.method] = (this.asked[asked.method] ?? 0) + 1;
    const spoilt = (await this.spoil(asked)) ?? {};
    if (spoilt.hang) return;
    if (spoilt.delayMs) await pause(spoilt.delayMs);
    if (spoilt.reset) {
      request.socket.destroy();
      return;
    }
    let body = spoilt.body ?? (await this.#ask(asked));
    if (spoilt.change) body = JSON.stringify(spoilt.change(JSON.parse(body)));
    response.writeHead(spoilt.status ?? 200, { "content-type": "application/json" });
    response.end(body);
  }

  async #ask(request) {
    const answer = await fetch(this.target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    return answer.text();
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
