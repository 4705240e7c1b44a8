import { expect, it } from "vitest";
import { linkify } from "./linkify.js";

it("makes links of http, https and www addresses, and leaves closing punctuation out", () => {
  expect(linkify("see https://a.org/x?y=1. And (www.b.org)!")).toEqual([
    { text: "see " },
    { text: "https://a.org/x?y=1", href: "https://a.org/x?y=1" },
    { text: ". And (" },
    { text: "www.b.org", href: "https://www.b.org" },
    { text: ")!" },
  ]);
});

it("keeps brackets that belong to the address", () => {
  expect(linkify("https://a.org/x_(y)")[0]?.href).toBe("https://a.org/x_(y)");
});

it.each(["plain", "javascript:alert(1)", "<b>", "data:text/html,x", "http://"])("makes no link of %j", (text) => {
  expect(linkify(text)).toEqual([{ text }]);
});

it("loses no character", () => {
  const text = "a https://x.org, b http://y.org/?q=<z> www.";
  expect(
    linkify(text)
      .map((p) => p.text)
      .join(""),
  ).toBe(text);
});
