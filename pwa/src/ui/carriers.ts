// Carriers by the names people use. A code without a name is shown as it is.
import { language } from '../app/i18n'

const NAMES: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  SLX: ['顺路速运', 'Shunlu'], SF: ['顺丰速运', 'SF Express'], ZTO: ['中通快递', 'ZTO'], YTO: ['圆通速递', 'YTO'], STO: ['申通快递', 'STO'],
  YUNDA: ['韵达快递', 'Yunda'], EMS: ['EMS', 'EMS'], DBKD: ['德邦快递', 'Deppon'],
}

export const carrierName = (code: string): string => NAMES[code]?.[language.value === 'en' ? 1 : 0] ?? code
