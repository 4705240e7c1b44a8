import { describe, expect, it } from "vitest";
import { isMeetingId, joinUrl, parseJoinLink } from "./link.js";

describe("parseJoinLink", () => {
  it.each([
    ["abc-defg-hij", "abc-defg-hij"],
    ["  Qwerty-ABC ", "qwerty-abc"],
    ["abc defg hij", "abc-defg-hij"],
    ["/join/abc-defg-hij", "abc-defg-hij"],
    ["https://meet.example.org/join/abc-defg-hij", "abc-defg-hij"],
    ["meet.example.org/join/qwerty-abc/", "qwerty-abc"],
    ["HTTP://localhost:3000/join/ABC-defg-hij?x=1#y", "abc-defg-hij"],
  ])("reads the id from %j", (typed, meetingId) => {
    expect(parseJoinLink(typed)).toEqual({ meetingId });
  });

  it("keeps name, invite and host token of a link", () => {
    expect(parseJoinLink("https://h/join/abc-defg-hij?invite=x1&name=Bob%20B&admin=t")).toEqual({
      meetingId: "abc-defg-hij",
      invite: "x1",
      name: "Bob B",
      adminToken: "t",
    });
  });

  it.each([
    "",
    "hello",
    "https://example.org/",
    "javascript:alert(1)",
    "/join/",
    "/join/a/b",
    "https://h/join/%3Cb%3E",
    "-a-b",
  ])("refuses %j", (typed) => expect(parseJoinLink(typed)).toBeUndefined());
});

describe("isMeetingId", () => {
  it("refuses capitals, single groups and overlong ids", () => {
    expect(isMeetingId("ABC-defg-hij")).toBe(false);
    expect(isMeetingId("abc")).toBe(false);
    expect(isMeetingId(`a-${"b".repeat(64)}`)).toBe(false);
  });
});

it("joinUrl never carries more than the id", () => {
  expect(joinUrl("https://meet.example.org", "abc-defg-hij")).toBe("https://meet.example.org/join/abc-defg-hij");
});
