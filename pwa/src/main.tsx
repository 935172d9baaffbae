// The entry: ground rules, who is here, then the face. Kept small; the desk comes as a chunk of its own.
import './app/polyfill'
import './ui/tokens.css'
import './ui/base.css'
import './app/shell.css'
import { render } from 'preact'
import { App } from './app/shell'
import { language, speak } from './app/i18n'
import { startRouter } from './app/router'
import { openSession } from './app/session'
import { startClock } from './ui/clock'

const root = document.getElementById('app')
if (root === null) throw new Error('index.html has no #app')
speak(language.peek())
startRouter()
startClock()
render(<App />, root)
void openSession()
