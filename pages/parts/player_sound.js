// Fetching what the player plays, and the library that it plays with.

const DECODE_RATE = 16000; // for the picture only; the audio element plays the file itself
const UNDECODABLE = "This file could not be decoded by the browser.";

class Failure extends Error {} // its message is a sentence for the listener

const failing = (message) => () => {
  throw new Failure(message);
};

let library;

// wavesurfer's files are UMD builds: imported as modules they set the global `WaveSurfer`, the plugin on top of it.
function loadLibrary(assets) {
  const at = (file) => import(new URL(assets + file, document.baseURI).href);
  library ??= at("wavesurfer.min.js").then(() => at("plugins/regions.min.js"));
  return library.catch(() => {
    library = undefined; // the next clip tries again
    throw new Failure("The player's own files could not be loaded. Reload the page.");
  });
}

// The file, its duration in seconds, and what `picture` says.
async function fetchSound(url, signal) {
  const unreachable = failing("The sound could not be fetched. Is the server still running?");
  const response = await fetch(new URL(url, document.baseURI), { signal }).catch(unreachable);
  if (!response.ok) throw new Failure(await reason(response));
  const blob = await response.blob();
  const decoder = new OfflineAudioContext(1, 1, DECODE_RATE);
  const buffer = await decoder.decodeAudioData(await blob.arrayBuffer()).catch(failing(UNDECODABLE));
  if (!buffer.length) throw new Failure("This file holds no sound.");
  return { blob, duration: buffer.duration, ...picture(buffer) };
}

// The peak, 1 being full scale, and two channels at most scaled to it. (wavesurfer's own scaling takes each stretch of a
// zoomed waveform by itself, which draws silence as loud as speech.)
function picture(buffer) {
  const channels = [...Array(Math.min(2, buffer.numberOfChannels)).keys()].map((i) => buffer.getChannelData(i));
  const peak = channels.reduce((top, channel) => channel.reduce((a, b) => Math.max(a, Math.abs(b)), top), 0);
  return { peak, channels: channels.map((channel) => channel.map((sample) => sample / (peak || 1))) };
}

async function reason(response) {
  const plain = (response.headers.get("content-type") || "").startsWith("text/plain");
  return (plain && (await response.text()).trim().slice(0, 500)) || UNDECODABLE;
}
