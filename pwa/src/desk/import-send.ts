// Sending a file, with how much of it is sent; and its report as a CSV that no spreadsheet runs. No Preact here.
import { ApiError, errorOf } from '../app/http'
import { t } from './words'

const PATIENCE = 180_000

/** `sent`: 0 to 1, of the upload alone. Throws ApiError. */
export function upload<T>(path: string, file: File, sent: (part: number) => void): Promise<T> {
  return new Promise((done, refused) => {
    const line = new XMLHttpRequest() // fetch cannot say how much of an upload has gone
    line.open('POST', path)
    line.setRequestHeader('X-Zhongshu', '1')
    line.setRequestHeader('Accept', 'application/json')
    line.setRequestHeader('Content-Type', 'application/octet-stream')
    line.timeout = PATIENCE
    line.upload.onprogress = (e) => { if (e.lengthComputable) sent(e.loaded / e.total) }
    line.onerror = () => refused(new ApiError(0, 'offline', t('连不上服务器，或文件在上传时被改动，请重新选择文件')))
    line.ontimeout = () => refused(new ApiError(0, 'timeout', t('服务器三分钟没有回答，请到“最近导入”看看是否已经完成')))
    line.onload = () => {
      if (line.status !== 200) return refused(errorOf(line.status, line.responseText))
      try {
        done(JSON.parse(line.responseText) as T)
      } catch {
        refused(new ApiError(line.status, 'unreadable', t('服务器的回答读不懂，请刷新页面')))
      }
    }
    line.send(file)
  })
}

/** One cell: quoted, and never a formula: a cell that begins like one gets a ' in front. Long ids stay text. */
export function cell(value: string | number): string {
  const text = String(value)
  const safe = /^[\s]*[=+\-@]/.test(text) || /^[\t\r\n]/.test(text) ? "'" + text : text
  return '"' + safe.replace(/"/g, '""') + '"'
}

/** BOM, so that Excel reads Chinese; CRLF, as it writes. */
export function csvOf(rows: readonly (readonly (string | number)[])[]): string {
  return '\ufeff' + rows.map((r) => r.map(cell).join(',')).join('\r\n') + '\r\n'
}

/** A table as a file of the person's own. */
export function download(name: string, rows: readonly (readonly (string | number)[])[]): void {
  const url = URL.createObjectURL(new Blob([csvOf(rows)], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
