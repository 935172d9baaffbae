// Sixteen-pixel line icons. Always beside a word; never the only carrier of a meaning.
import type { JSX } from 'preact'

const PATHS = {
  check: 'M3 8.5l3.5 3.5L13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  circle: 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11',
  clock: 'M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M8 4.5V8l2.5 2',
  pause: 'M5.5 3v10M10.5 3v10',
  alert: 'M8 2.2L14.5 13.5h-13zM8 6.5v3.2M8 11.4v.4',
  info: 'M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12M8 7.2v4M8 4.7v.4',
  yuan: 'M4 3l4 5 4-5M8 8v5.5M5 9h6M5 11.2h6',
  basket: 'M2 6.5h12l-1.5 7h-9zM5 6.5L7 2.5M11 6.5L9 2.5',
  truck: 'M1.5 4h8v7.5h-8zM9.5 6.5h3l2 2.5v2.5h-5M4 13.2v.1M12 13.2v.1',
  orders: 'M3 2.5h10v11H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3',
  tasks: 'M2 4l1.2 1.2L5 3.2M2 8.5l1.2 1.2L5 7.7M2 13l1.2 1.2L5 12.2M7.5 4.2H14M7.5 8.7H14M7.5 13.2H14',
  waves: 'M2 3.5h5v4H2zM9 3.5h5v4H9zM2 9.5h5v4H2zM9 9.5h5v4H9z',
  print: 'M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7z',
  goods: 'M8 1.8l5.5 3v6.4L8 14.2l-5.5-3V4.8zM2.5 4.8L8 7.9l5.5-3.1M8 7.9v6.3',
  board: 'M2 13.5h12M4 13V8.5M8 13V3.5M12 13V6.5',
  shops: 'M2.5 6.5V13.5h11V6.5M1.5 6.5L3 2.5h10l1.5 4zM6.5 13.5v-4h3v4',
  bell: 'M3 11.5h10c-1-1-1.2-2-1.2-4.2C11.8 4.8 10.2 3 8 3S4.2 4.8 4.2 7.3C4.2 9.5 4 10.5 3 11.5M6.7 13.6h2.6',
  copy: 'M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3',
  back: 'M10 3L5 8l5 5',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9M10.3 10.3L14 14',
  person: 'M8 2.5a2.7 2.7 0 1 1 0 5.4a2.7 2.7 0 1 1 0-5.4M2.8 14c.4-3 2.6-4.3 5.2-4.3s4.8 1.3 5.2 4.3',
  floor: 'M2 3v10M4.5 3v10M7 3v10M10 3v10M12 3v10M14 3v10',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8M8 6.2a1.8 1.8 0 1 1 0 3.6a1.8 1.8 0 1 1 0-3.6',
  out: 'M6.5 2.5h-4v11h4M10 5l3 3-3 3M6 8h7',
} as const
export type IconName = keyof typeof PATHS

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
