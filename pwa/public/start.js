// Runs before the app, in every browser: ES5 only. Fills in what Chromium 69 and 70 lack; tells older ones what to do.
(function () {
  var html = document.documentElement
  if (typeof globalThis === 'undefined') {
    Object.defineProperty(window, 'globalThis', { value: window, writable: true, configurable: true })
  }
  if (typeof window.queueMicrotask !== 'function' && typeof Promise === 'function') {
    window.queueMicrotask = function (task) {
      Promise.resolve().then(task)['catch'](function (error) {
        setTimeout(function () {
          throw error
        })
      })
    }
  }
  var fit =
    'noModule' in document.createElement('script') &&
    typeof Array.prototype.flat === 'function' &&
    typeof AbortController === 'function' &&
    'indexedDB' in window
  if (fit) return
  var app = document.getElementById('app')
  if (!app) return
  html.className += ' too-old'
  var version = /Chrom(?:e|ium)\/(\d+)/.exec(navigator.userAgent)
  var notice = document.createElement('div')
  notice.style.padding = '24px'
  notice.style.fontSize = '20px'
  notice.style.lineHeight = '1.6'
  notice.appendChild(document.createTextNode('浏览器太旧' + (version ? '(Chrome ' + version[1] + ')' : '') + ',打不开中枢。'))
  notice.appendChild(document.createElement('br'))
  notice.appendChild(document.createTextNode('请安装 Chrome 77 或更新的版本,再打开本页。'))
  notice.appendChild(document.createElement('br'))
  notice.appendChild(document.createTextNode('This browser is too old: please install Chrome 77 or later.'))
  app.parentNode.replaceChild(notice, app)
})()
