/** The sound vocabulary of the floor, from oscillators: nothing to download, works offline. Vibration says the same. */
export type Sound = 'right' | 'done' | 'wrong' | 'twice' | 'stop'

/** [from ms, length ms, Hz, wave form, loudness] */
type Tone = [number, number, number, OscillatorType, number]

const TONES: Record<Sound, Tone[]> = {
  right: [[0, 80, 2400, 'square', 0.3]],
  done: [[0, 120, 1320, 'square', 0.3], [130, 220, 1980, 'square', 0.3]],
  wrong: [[0, 260, 200, 'sawtooth', 0.5], [320, 260, 180, 'sawtooth', 0.5]],
  twice: [[0, 70, 880, 'square', 0.35], [120, 70, 880, 'square', 0.35], [240, 70, 880, 'square', 0.35]],
  stop: [[0, 1100, 130, 'sawtooth', 0.6], [0, 1100, 260, 'square', 0.2]],
}
const BUZZ: Record<Sound, number[]> = {
  right: [40],
  done: [40, 60, 120],
  wrong: [180, 80, 180],
  twice: [50, 50, 50, 50, 50],
  stop: [900],
}

let audio: AudioContext | undefined
let lastUnlock = ''

/** Browsers keep audio silent until a person touches something: the first touch or key (a scan is one) opens it. */
function unlock(): void {
  try {
    audio = audio ?? new AudioContext({ latencyHint: 'interactive' })
    if (audio.state !== 'running') audio.resume().catch((e: unknown) => (lastUnlock = String(e)))
  } catch (e) {
    lastUnlock = String(e) // no audio device: the card and the vibration still speak
  }
}
for (const kind of ['pointerdown', 'keydown', 'touchend']) addEventListener(kind, unlock, { capture: true, passive: true })

/** Whether sounds can be heard, and why not: shown on the device page. */
export function audible(): { on: boolean; why: string } {
  return { on: audio !== undefined && audio.state === 'running', why: lastUnlock }
}

let playing: OscillatorNode[] = []

/** A newer word cuts an older one short, but nothing cuts a stop except a stop. */
let stopUntil = 0

export function play(word: Sound): void {
  const now = performance.now()
  if (navigator.vibrate && (word === 'stop' || now >= stopUntil)) navigator.vibrate(BUZZ[word])
  if (!audio || audio.state !== 'running') return
  if (word === 'stop' || now >= stopUntil) {
    for (const tone of playing) tone.stop()
    playing = []
  }
  const delay = word === 'stop' ? 0 : Math.max(0, stopUntil - now)
  if (word === 'stop') stopUntil = now + 1100
  for (const [from, length, hz, form, loud] of TONES[word]) {
    const tone = audio.createOscillator()
    const gain = audio.createGain()
    const begin = audio.currentTime + (delay + from) / 1000
    const end = begin + length / 1000
    tone.type = form
    tone.frequency.value = hz
    gain.gain.setValueAtTime(loud, begin)
    gain.gain.setValueAtTime(loud, end - 0.02)
    gain.gain.linearRampToValueAtTime(0.001, end) // without it each tone ends in a click
    tone.connect(gain)
    gain.connect(audio.destination)
    tone.start(begin)
    tone.stop(end)
    playing.push(tone)
  }
  if (playing.length > 12) playing = playing.slice(-6)
}
