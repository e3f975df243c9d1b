// Improves pages that already work without it.
import { initAll } from './govuk-frontend.min.js'

initAll()

// A facet applies as soon as it is chosen; the button stays for those without scripts.
for (const form of document.querySelectorAll('[data-submit-on-change]')) {
  form.addEventListener('change', (event) => {
    if (event.target.matches('select')) form.requestSubmit()
  })
}

// Code samples can be copied.
for (const block of document.querySelectorAll('[data-copy]')) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'govuk-button govuk-button--secondary app-copy'
  button.textContent = 'Copy'
  const said = document.createElement('span')
  said.className = 'govuk-visually-hidden'
  said.setAttribute('role', 'status')
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(block.querySelector('code').textContent)
    button.textContent = 'Copied'
    said.textContent = 'Copied'
    setTimeout(() => { button.textContent = 'Copy'; said.textContent = '' }, 2000)
  })
  block.append(button, said)
}
