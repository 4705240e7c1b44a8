// HTTP as no browser speaks it. Every request gets a clear refusal in JSON, and others are served meanwhile.
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { residentMiB } from "../lib/servers.mjs";
import { pause } from "../lib/wait.mjs";
import { Tcp, answersIn, ask, assertRefusal, isResponsive, useServer } from "./lib.mjs";

const server = useServer({ name: "hostile-http" });

const CRLF = "\r\n";
const head = (...lines) => lines.join(CRLF) + CRLF + CRLF;
const get = (target, ...more) => head(`GET ${target} HTTP/1.1`, "Host: localhost", ...more);
const post = (body, ...more) =>
  Buffer.concat([
    Buffer.from(
      head(
        "POST /api/meetings/guest HTTP/1.1",
        "Host: localhost",
        `Content-Length: ${Buffer.byteLength(body)}`,
        ...more,
      ),
      "latin1",
    ),
    Buffer.from(body),
  ]);
const json = (body) => post(body, "Content-Type: application/json");
const chunked = (body) =>
  head(
    "POST /api/meetings/guest HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    "Transfer-Encoding: chunked",
  ) + body;

describe("heads", () => {
  const cases = {
    "no HTTP at all": [400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n"],
    "only spaces": [400, "   \r\n\r\n"],
    "HTTP/0.9": [400, "GET /healthz\r\n\r\n"],
    "HTTP/2's preface": [505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    "HTTP/3.7": [505, "GET / HTTP/3.7\r\nHost: x\r\n\r\n"],
    "lower-case http": [400, "GET / http/1.1\r\nHost: x\r\n\r\n"],
    "bare line feeds": [400, "GET /healthz HTTP/1.1\nHost: x\r\n\r\n"],
    "a carriage return in the target": [400, "GET /a\rb HTTP/1.1\r\nHost: x\r\n\r\n"],
    "a NUL in the target": [400, "GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n"],
    "a NUL in a header": [400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"],
    "a NUL in a header's name": [400, "GET / HTTP/1.1\r\nHost: x\r\nX\0Y: a\r\n\r\n"],
    "a header without a colon": [400, "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n"],
    "a header without a name": [400, "GET / HTTP/1.1\r\nHost: x\r\n: v\r\n\r\n"],
    "a space before the colon": [400, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n"],
    "a folded header": [400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n"],
    "no Host": [400, "GET / HTTP/1.1\r\n\r\n"],
    "two Hosts": [400, "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"],
    "65 headers": [431, head("GET / HTTP/1.1", "Host: x", ...Array.from({ length: 64 }, (_, i) => `X-${i}: y`))],
    "a header of 20 kB": [431, head("GET / HTTP/1.1", "Host: x", `X: ${"y".repeat(20_000)}`)],
    "a header of 1 MB": [431, head("GET / HTTP/1.1", "Host: x", `X: ${"y".repeat(1_000_000)}`)],
    "a target of 5 kB": [414, get(`/${"a".repeat(5000)}`)],
    "a target of 1 MB": [[414, 431], get(`/${"a".repeat(1_000_000)}`)],
    "an endless method": [[400, 431], "A".repeat(100_000)],
    "a long method": [400, `${"A".repeat(17)} / HTTP/1.1\r\nHost: x\r\n\r\n`],
    "a percent sign alone": [400, get("/%")],
    "half an escape": [400, get("/join/%4")],
    "an escape that is none": [400, get("/join/%zz")],
    "an escaped NUL": [400, get("/join/%00")],
    "an escaped NUL in the query": [400, get("/socket.io/?EIO=4&transport=polling%00")],
    "bad UTF-8 in the path": [400, get("/join/%ff%fe")],
    "overlong UTF-8": [400, get("/join/%c0%ae%c0%ae")],
    "..": [400, get("/../../etc/passwd")],
    "an escaped ..": [400, get("/%2e%2e/%2e%2e/etc/passwd")],
    "a .. deep inside": [400, get("/assets/../../../etc/passwd")],
    "a backslash": [400, get("/..%5c..%5cetc%5cpasswd")],
    "twice escaped": [404, get("/%252e%252e/etc/passwd")],
    "an escaped slash": [404, get("/assets%2fx")],
    "// before the name": [404, get("//etc/passwd")],
    "a file: target": [404, get("file:///etc/passwd")],
    "an authority as target": [[400, 404, 405], head("CONNECT localhost:22 HTTP/1.1", "Host: x")],
    "an unknown method": [405, head("BREW /healthz HTTP/1.1", "Host: x")],
    TRACE: [405, head("TRACE /healthz HTTP/1.1", "Host: x")],
    "DELETE where there is only GET": [405, head("DELETE /healthz HTTP/1.1", "Host: x")],
    "* with GET": [[400, 404], get("*")],
  };
  for (const [name, [status, bytes]] of Object.entries(cases))
    it(name, async () => {
      const [answer] = await ask(server.port, Buffer.from(bytes, "latin1"));
      assertRefusal(answer, status, name);
    });

  it("an absolute target is the path in it", async () => {
    const [answer] = await ask(server.port, get("http://other.example/healthz"));
    assert.equal(answer.status, 200);
  });
  it("Range and conditions that make no sense are ignored", async () => {
    for (const field of [
      "Range: bytes=99999999999999999999-",
      "Range: bytes=-0,-1,0-0,5-2",
      'If-None-Match: "',
      "If-Modified-Since: never",
    ]) {
      const [answer] = await ask(server.port, get("/healthz", field));
      assert.equal(answer.status, 200, field);
    }
  });
  it("a strange Expect doesn't wait for ever", async () => {
    const [answer] = await ask(
      server.port,
      json("{}").toString("latin1").replace("\r\n", "\r\nExpect: the spanish inquisition\r\n"),
    );
    assert.ok([201, 417].includes(answer.status));
  });
  it("header values don't split answers", async () => {
    const [answer] = await ask(server.port, get("/healthz", "Origin: http://localhost:3000\tSet-Cookie: a=b"));
    assert.equal(answer.headers["set-cookie"], undefined);
  });
});

describe("bodies and their length", () => {
  const length = (...fields) =>
    head("POST /api/meetings/guest HTTP/1.1", "Host: x", "Content-Type: application/json", ...fields);
  const cases = {
    "two lengths": [400, length("Content-Length: 2", "Content-Length: 2") + "{}"],
    "two different lengths": [400, length("Content-Length: 2", "Content-Length: 40") + "{}"],
    "a list of lengths": [400, length("Content-Length: 2, 2") + "{}"],
    "a negative length": [400, length("Content-Length: -1")],
    "a length with a sign": [400, length("Content-Length: +2") + "{}"],
    "a length in hexadecimal": [400, length("Content-Length: 0x2") + "{}"],
    "no length where one should be": [400, length("Content-Length:")],
    "a length over 2^64": [400, length("Content-Length: 18446744073709551618") + "{}"],
    "a length of a terabyte": [413, length("Content-Length: 1099511627776")],
    "a length and chunks": [400, length("Content-Length: 4", "Transfer-Encoding: chunked") + "0\r\n\r\n"],
    "chunks and a length": [400, length("Transfer-Encoding: chunked", "Content-Length: 4") + "0\r\n\r\n"],
    "two codings": [400, length("Transfer-Encoding: chunked", "Transfer-Encoding: identity") + "0\r\n\r\n"],
    "an unknown coding": [501, length("Transfer-Encoding: gzip, chunked")],
    "a disguised coding": [501, length("Transfer-Encoding: xchunked") + "0\r\n\r\n"],
    "chunks in HTTP/1.0": [400, "POST /api/meetings/guest HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    "a chunk size that is none": [400, chunked("zz\r\n{}\r\n0\r\n\r\n")],
    "a negative chunk": [400, chunked("-2\r\n{}\r\n0\r\n\r\n")],
    "a chunk of 2^64": [400, chunked("10000000000000002\r\n{}\r\n0\r\n\r\n")],
    "a chunk of 4 GiB": [[400, 413], chunked("ffffffff\r\n" + "x".repeat(100_000))],
    "a chunk with 0x": [400, chunked("0x2\r\n{}\r\n0\r\n\r\n")],
    "a chunk longer than it says": [400, chunked("1\r\n{}\r\n0\r\n\r\n")],
    "a chunk that ends in a line feed": [400, chunked("2\n{}\r\n0\r\n\r\n")],
    "a line feed in an extension": [400, chunked("2;a=\n\r\n{}\r\n0\r\n\r\n")],
    "endless extensions": [400, chunked(`2;${"a".repeat(20_000)}\r\n{}\r\n0\r\n\r\n`)],
    "endless trailers": [400, chunked(`0\r\n${"X: y\r\n".repeat(5000)}`)],
    "a trailer line that ends in a line feed": [400, chunked("2\r\n{}\r\n0\r\nX: y\n\r\n")],
    "a last line that is a line feed": [400, chunked("2\r\n{}\r\n0\r\n\n")],
    "a carriage return inside a trailer": [400, chunked("2\r\n{}\r\n0\r\nX: \ry\r\n\r\n")],
    "20,000 chunks of one byte": [[400, 413], chunked("1\r\n \r\n".repeat(20_000) + "0\r\n\r\n")],
    "100 kB of body": [413, json(`{"title":"${"x".repeat(100_000)}"}`)],
  };
  for (const [name, [status, bytes]] of Object.entries(cases))
    it(name, async () => {
      const [answer] = await ask(server.port, bytes);
      assertRefusal(answer, status, name);
    });

  it("nothing behind a refused body is taken for a request", async () => {
    const smuggled = length("Content-Length: 4", "Transfer-Encoding: chunked") + "0\r\n\r\n" + get("/healthz");
    const answers = await ask(server.port, smuggled, 2);
    assert.deepEqual(
      answers.map((a) => a.status),
      [400],
    );
  });
  it("a body that a route doesn't want is not the next request", async () => {
    const inner = get("/healthz");
    const answers = await ask(
      server.port,
      head("POST /nowhere HTTP/1.1", "Host: x", `Content-Length: ${inner.length}`) + inner,
      2,
    );
    assert.deepEqual(
      answers.map((a) => a.status),
      [404],
    );
  });
  it("garbage behind a good request is refused on its own", async () => {
    const answers = await ask(
      server.port,
      Buffer.concat([Buffer.from(get("/healthz")), Buffer.from([0, 1, 2, 3, 13, 10, 13, 10])]),
      2,
    );
    assert.deepEqual(
      answers.map((a) => a.status),
      [200, 400],
    );
  });
  it("1,000 requests in one write are answered in order, none lost", async () => {
    const answers = await ask(server.port, get("/healthz").repeat(500) + get("/nowhere").repeat(500), 1000);
    assert.equal(answers.length, 1000);
    assert.deepEqual(new Set(answers.slice(0, 500).map((a) => a.status)), new Set([200]));
    assert.deepEqual(new Set(answers.slice(500).map((a) => a.status)), new Set([404]));
  });
});

describe("JSON", () => {
  const deep = (n) => `{"title":${"[".repeat(n)}${"]".repeat(n)}}`;
  const cases = {
    "nothing JSON": [400, "hello"],
    "half of it": [400, '{"title":'],
    "something behind it": [400, "{} {}"],
    "an array": [400, "[]"],
    "a string": [400, '"title"'],
    null: [400, "null"],
    "depth 2,000": [400, deep(2000)],
    "depth 30,000": [400, deep(30_000)],
    "30,000 open braces": [400, '{"a":'.repeat(10_000)],
    "a number of 60,000 digits": [400, `{"title":${"9".repeat(60_000)}}`],
    "1e999999": [400, '{"title":1e999999}'],
    "-": [400, '{"title":-}'],
    NaN: [400, '{"title":NaN}'],
    "the same key twice": [400, '{"title":"a","title":"b"}'],
    "bad UTF-8": [400, Buffer.from('{"title":"\xff\xfe"}', "latin1")],
    "a lone high surrogate": [400, '{"title":"\\ud800"}'],
    "a lone low surrogate": [400, '{"title":"\\udc00x"}'],
    "surrogates in the wrong order": [400, '{"title":"\\udc00\\ud800"}'],
    "a NUL in a string": [400, '{"title":"a\\u0000b"}'],
    "a raw control character": [400, '{"title":"a\u0001b"}'],
    "a title that is a number": [400, '{"title":1}'],
    "a title that is an object": [400, '{"title":{}}'],
    "a title of 201": [400, `{"title":"${"t".repeat(201)}"}`],
    "a topology that isn't one": [400, '{"topology":"ring"}'],
    "a topology with a NUL": [400, '{"topology":"sfu\\u0000"}'],
  };
  for (const [name, [status, body]] of Object.entries(cases))
    it(name, async () => {
      const [answer] = await ask(server.port, json(body));
      assertRefusal(answer, status, name);
    });

  it("other content types are refused", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "application/jsonx",
      "",
      "application/json/../x",
    ]) {
      const [answer] = await ask(server.port, post('{"title":"x"}', `Content-Type: ${type}`));
      assertRefusal(answer, 415, type);
    }
  });
  it("a title in emoji is kept as it is", async () => {
    const title = "👩‍👩‍👧‍👦 ünïcödé ".repeat(5).trim();
    const [answer] = await ask(server.port, json(JSON.stringify({ title })));
    assert.equal(answer.status, 201);
    assert.equal(JSON.parse(answer.body.toString()).title, title);
  });
});

describe("many at once", () => {
  it("400 half-open requests that drip keep nobody waiting, and memory small", async () => {
    const before = residentMiB(server.control);
    const all = await Promise.all(Array.from({ length: 400 }, () => Tcp.open(server.port)));
    const text = get("/healthz", `X: ${"y".repeat(200)}`);
    for (let i = 0; i < 20; i++) {
      for (const tcp of all) tcp.write(text[i]);
      if (i % 5 === 0) await isResponsive(server);
      await pause(20);
    }
    const grown = residentMiB(server.control) - before;
    assert.ok(grown < 40, `${grown.toFixed(1)} MiB for 400 half-open requests`);
    assert.ok(all.every((tcp) => tcp.bytes.length === 0 && !tcp.closed));
    all[0].write(text.slice(20)); /* a slow client that means it is served */
    assert.ok(await all[0].until((t) => answersIn(t.bytes).length === 1));
    for (const tcp of all) tcp.destroy();
    await isResponsive(server);
  });
  it("clients that ask and don't read are bounded", async () => {
    const before = residentMiB(server.control);
    const all = await Promise.all(Array.from({ length: 20 }, () => Tcp.open(server.port)));
    for (const tcp of all) {
      tcp.socket.pause();
      tcp.write(get("/metrics").repeat(3000));
    }
    await pause(700);
    await isResponsive(server);
    const grown = residentMiB(server.control) - before;
    assert.ok(grown < 60, `${grown.toFixed(1)} MiB for 20 clients that don't read`);
    for (const tcp of all) tcp.destroy();
  });
  it("clients that leave in the middle of everything harm nobody", async () => {
    const parts = [
      get("/healthz"),
      "GET / HT",
      json("{}"),
      json("{}").subarray(0, 120),
      chunked("2\r\n{"),
      get("/metrics").repeat(20),
      get("/socket.io/?EIO=4&transport=polling"),
    ];
    for (let i = 0; i < 140; i++) {
      const tcp = await Tcp.open(server.port);
      tcp.write(parts[i % parts.length]);
      if (i % 2) tcp.socket.resetAndDestroy();
      else tcp.destroy();
    }
    await isResponsive(server);
  });
});
