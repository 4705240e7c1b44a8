// STUN as a browser's ICE agent writes it (RFC 8489, RFC 8445), an offer without a browser, and a UDP socket that
// counts.
import { createHmac, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { crc32 as zlibCrc32 } from "node:zlib";
import { pause } from "../lib/wait.mjs";

const TABLE = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
const crc32 = zlibCrc32 ?? ((bytes) => ~bytes.reduce((crc, byte) => TABLE[(crc ^ byte) & 255] ^ (crc >>> 8), ~0) >>> 0);

export const ATTRIBUTE = {
  username: 0x0006,
  integrity: 0x0008,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  controlled: 0x8029,
  controlling: 0x802a,
};

function attribute(type, value) {
  const bytes = Buffer.alloc(4 + value.length + ((4 - (value.length % 4)) % 4));
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

function withLength(message, extra) {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(message.length - 20 + extra, 2);
  return copy;
}

/** With MESSAGE-INTEGRITY and FINGERPRINT at its end. */
function sealed(bare, password, { integrity = true, fingerprint = true } = {}) {
  let message = withLength(bare, 0);
  if (integrity) {
    const hmac = createHmac("sha1", password ?? "")
      .update(withLength(message, 24))
      .digest();
    message = Buffer.concat([withLength(message, 24), attribute(ATTRIBUTE.integrity, hmac)]);
  }
  if (fingerprint) {
    const sum = Buffer.alloc(4);
    message = withLength(message, 8);
    sum.writeUInt32BE((crc32(message) ^ 0x5354554e) >>> 0);
    message = Buffer.concat([message, attribute(ATTRIBUTE.fingerprint, sum)]);
  }
  return message;
}

/** A binding request. `more`: attributes [[type, value], …] before MESSAGE-INTEGRITY. */
export function stun({
  username,
  password,
  nominate = true,
  controlled = false,
  integrity = true,
  fingerprint = true,
  type = 1,
  more = [],
}) {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(type, 0);
  header.writeUInt32BE(0x2112a442, 4);
  randomBytes(12).copy(header, 8);
  const parts = [header];
  if (username !== undefined) parts.push(attribute(ATTRIBUTE.username, Buffer.from(username)));
  parts.push(attribute(ATTRIBUTE.priority, Buffer.from([0x6e, 0xff, 0xff, 0xff])));
  parts.push(attribute(controlled ? ATTRIBUTE.controlled : ATTRIBUTE.controlling, randomBytes(8)));
  if (nominate) parts.push(attribute(ATTRIBUTE.useCandidate, Buffer.alloc(0)));
  for (const [kind, value] of more) parts.push(attribute(kind, value));
  return sealed(Buffer.concat(parts), password, { integrity, fingerprint });
}

/** The success with which a client answers the server's own check. */
export function stunAnswer(request, password, { address, port }) {
  const header = Buffer.from(request.subarray(0, 20));
  header.writeUInt16BE(0x0101, 0);
  const mapped = Buffer.alloc(8);
  mapped[1] = 1;
  mapped.writeUInt16BE(port ^ 0x2112, 2);
  const cookie = [0x21, 0x12, 0xa4, 0x42];
  address.split(".").forEach((part, i) => (mapped[4 + i] = Number(part) ^ cookie[i]));
  return sealed(Buffer.concat([header, attribute(0x0020, mapped)]), password);
}

/** An offer of one Opus and one VP8 track, and two slots. */
export function offer({
  ufrag = randomBytes(4).toString("hex"),
  pwd = randomBytes(16).toString("hex"),
  ssrc = 11111111,
  setup = "actpass",
} = {}) {
  const print = Array.from(randomBytes(32), (b) => b.toString(16).padStart(2, "0").toUpperCase()).join(":");
  const media = (kind, mid, direction, pt, map, id) =>
    [
      `m=${kind} 9 UDP/TLS/RTP/SAVPF ${pt}`,
      "c=IN IP4 0.0.0.0",
      "a=rtcp:9 IN IP4 0.0.0.0",
      `a=ice-ufrag:${ufrag}`,
      `a=ice-pwd:${pwd}`,
      "a=ice-options:trickle",
      `a=fingerprint:sha-256 ${print}`,
      `a=setup:${setup}`,
      `a=mid:${mid}`,
      "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
      `a=${direction}`,
      "a=rtcp-mux",
      "a=rtcp-rsize",
      `a=rtpmap:${pt} ${map}`,
      ...(direction === "sendonly" ? [`a=ssrc:${id} cname:x`, `a=ssrc:${id} msid:s t${mid}`] : []),
    ].join("\r\n");
  const sdp = [
    "v=0",
    "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0 1 2 3",
    "a=msid-semantic: WMS s",
    media("audio", "0", "sendonly", 111, "opus/48000/2", ssrc),
    media("video", "1", "sendonly", 96, "VP8/90000", ssrc + 1),
    media("audio", "2", "recvonly", 111, "opus/48000/2"),
    media("video", "3", "recvonly", 96, "VP8/90000"),
    "",
  ].join("\r\n");
  return { sdp, ufrag, pwd };
}

/** What the server's answer says of its side. */
export function credentialsOf(sdp) {
  return {
    ufrag: /a=ice-ufrag:(\S+)/.exec(sdp)[1],
    pwd: /a=ice-pwd:(\S+)/.exec(sdp)[1],
    port: Number(/a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)/i.exec(sdp)[1]),
  };
}

/**
 * A UDP socket that counts what it sends and gets, and keeps what it gets but the server's own checks: those it answers
 * once it has a password.
 */
export class Udp {
  sent = 0;
  got = 0;
  asked = 0;
  messages = [];

  static async open() {
    const udp = new Udp();
    udp.socket = createSocket("udp4");
    udp.socket.on("message", (data, from) => {
      udp.got += data.length;
      if (data.length < 20 || data.readUInt16BE(0) !== 1 || data.readUInt32BE(4) !== 0x2112a442)
        return udp.messages.push(data);
      udp.asked++;
      if (udp.password) void udp.send(from.port, stunAnswer(data, udp.password, udp.socket.address()));
    });
    udp.socket.bind(0, "127.0.0.1");
    await once(udp.socket, "listening");
    return udp;
  }

  async send(port, ...messages) {
    for (const [i, message] of messages.entries()) {
      this.sent += message.length;
      this.socket.send(message, port, "127.0.0.1");
      if (i % 64 === 63) await pause(2); /* no more than the receiver's socket buffer takes */
    }
    await pause(2);
  }

  async until(check, ms = 3000) {
    const end = Date.now() + ms;
    while (!check(this) && Date.now() < end) await pause(5);
    return check(this);
  }

  close() {
    this.socket.close();
  }
}
