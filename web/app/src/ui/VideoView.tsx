import { useEffect, useRef } from "preact/hooks";

interface Props {
  track: MediaStreamTrack;
  mirrored?: boolean;
  /** Show all of it, with bars, rather than filling the tile. */
  whole?: boolean;
  onFrame?: () => void;
}

/**
 * Shows a track. When the track changes, the former picture stays until the new one has a frame, so that a call that
 * moves from one connection to another never flickers.
 */
export function VideoView({ track, mirrored, whole, onFrame }: Props) {
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const parent = box.current;
    if (!parent) return;
    const video = document.createElement("video");
    video.autoplay = video.muted = video.playsInline = true;
    video.disablePictureInPicture = true;
    video.srcObject = new MediaStream([track]);
    parent.append(video);
    void video.play().catch(() => undefined);
    return whenFrame(video, () => {
      while (parent.firstElementChild && parent.firstElementChild !== video) release(parent.firstElementChild);
      onFrame?.();
    });
  }, [track]);

  useEffect(() => {
    const parent = box.current;
    return () => [...(parent?.children ?? [])].forEach(release);
  }, []);

  return <div ref={box} class={`video ${mirrored ? "mirrored" : ""} ${whole ? "whole" : ""}`} />;
}

function release(element: Element): void {
  (element as HTMLVideoElement).srcObject = null;
  element.remove();
}

/** Calls back at the first frame; answers what cancels that. */
function whenFrame(video: HTMLVideoElement, then: () => void): () => void {
  if ("requestVideoFrameCallback" in video) {
    const handle = video.requestVideoFrameCallback(then);
    return () => video.cancelVideoFrameCallback(handle);
  }
  const old = video as HTMLVideoElement;
  old.addEventListener("loadeddata", then, { once: true });
  return () => old.removeEventListener("loadeddata", then);
}
