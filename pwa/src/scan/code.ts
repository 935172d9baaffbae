/** What a reader sends, brought to what is printed on the goods and labels. */

/** Without AIM identifier and surrounding blanks; of a GS1 code the GTIN, as EAN-13 where it is one. */
export function clean(raw: string): string {
  const aim = /^\][A-Za-z]\d/.exec(raw)?.[0] ?? ''
  const code = raw.slice(aim.length).trim()
  const gs1 = /^\](?:C1|d2|Q3|e0)$/.test(aim) || code.startsWith('\x1d')
  if (!gs1) return code
  const gtin = /^\x1d?01(\d{14})/.exec(code)?.[1]
  if (!gtin) return code.replace(/^\x1d/, '')
  return gtin.startsWith('0') ? gtin.slice(1) : gtin
}
